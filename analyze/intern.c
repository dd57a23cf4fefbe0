/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/intern.h"

#include <stdlib.h>
#include <string.h>

#include "format/hash.h"

struct intern_entry {
    struct intern_entry *next;
    uint64_t hash;
    int64_t id;
    size_t length;
    unsigned char key[];
};

int64_t intern_find(const struct intern *map, const void *key, size_t length)
{
    uint64_t hash;

    if (!map->count)
        return 0;
    hash = nst_hash_bytes(key, length);
    for (const struct intern_entry *e = map->buckets[hash & (map->buckets_count - 1)]; e;
         e = e->next)
        if (e->hash == hash && e->length == length && !memcmp(e->key, key, length))
            return e->id;
    return 0;
}

static bool grow(struct intern *map)
{
    size_t count = map->buckets_count ? map->buckets_count * 2 : 64;
    struct intern_entry **buckets = calloc(count, sizeof(struct intern_entry *));

    if (!buckets)
        return false;
    for (size_t i = 0; i < map->buckets_count; i++) {
        struct intern_entry *next;

        for (struct intern_entry *e = map->buckets[i]; e; e = next) {
            next = e->next;
            e->next = buckets[e->hash & (count - 1)];
            buckets[e->hash & (count - 1)] = e;
        }
    }
    free(map->buckets);
    map->buckets = buckets;
    map->buckets_count = count;
    return true;
}

bool intern_add(struct intern *map, const void *key, size_t length, int64_t id)
{
    struct intern_entry *e, **bucket;

    if (map->count >= map->buckets_count && !grow(map))
        return false;
    e = malloc(sizeof(*e) + length);
    if (!e)
        return false;
    e->hash = nst_hash_bytes(key, length);
    e->id = id;
    e->length = length;
    memcpy(e->key, key, length);
    bucket = &map->buckets[e->hash & (map->buckets_count - 1)];
    e->next = *bucket;
    *bucket = e;
    map->count++;
    return true;
}

void intern_clear(struct intern *map)
{
    for (size_t i = 0; i < map->buckets_count; i++) {
        struct intern_entry *next;

        for (struct intern_entry *e = map->buckets[i]; e; e = next) {
            next = e->next;
            free(e);
        }
    }
    free(map->buckets);
    *map = (struct intern){0};
}
