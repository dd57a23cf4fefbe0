/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/dict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"

int nst_dict_init(struct dict *d)
{
    *d = (struct dict){0};
    return nst_hash_init(&d->table);
}

static void free_key(struct dict_key *key)
{
    free((char *)key->names[0]);
    free((char *)key->names[1]);
    *key = (struct dict_key){0};
}

void nst_dict_free(struct dict *d)
{
    uint32_t i;

    for (i = 0; i < d->count; i++)
        free_key(&d->entries[i].key);
    free(d->entries);
    free(d->used);
    nst_hash_free(&d->table);
}

static bool same_name(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strncmp(a, b, NST_MAX_NAME) == 0;
}

static bool same_key(const struct dict_key *a, const struct dict_key *b)
{
    return a->first == b->first && a->second == b->second && same_name(a->names[0], b->names[0]) &&
           same_name(a->names[1], b->names[1]);
}

static uint32_t hash_key(const struct dict_key *key)
{
    uint64_t h = hash_mix(hash_mix(1, key->first), key->second);
    int i;

    for (i = 0; i < 2; i++) {
        if (key->names[i])
            h = hash_mix(h, nst_hash_bytes(key->names[i], strnlen(key->names[i], NST_MAX_NAME)));
    }
    return (uint32_t)h;
}

/* Room for one more entry. */
static int make_room(struct dict *d)
{
    struct dict_entry *entries;

    /* The index after the last one would be NST_NONE. */
    if (d->count == NST_NONE)
        return -ENOMEM;
    entries = nst_array_room(d->entries, d->count, &d->room, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    d->entries = entries;
    return 0;
}

static int copy_key(struct dict_key *to, const struct dict_key *from)
{
    int i;

    *to = (struct dict_key){.first = from->first, .second = from->second};
    for (i = 0; i < 2; i++) {
        if (!from->names[i])
            continue;
        to->names[i] = strndup(from->names[i], NST_MAX_NAME);
        if (!to->names[i]) {
            free((char *)to->names[0]);
            return -ENOMEM;
        }
    }
    return 0;
}

/* Where a new entry stands; there is room. */
static uint32_t take_index(struct dict *d)
{
    uint32_t index = d->forgotten ? d->forgotten - 1 : d->count++;

    if (d->forgotten)
        d->forgotten = d->entries[index].local;
    return index;
}

uint32_t nst_dict_index(struct dict *d, const struct dict_key *key)
{
    uint32_t hash = hash_key(key);
    const struct hash_slot *s;
    struct dict_entry entry = {.hash = hash};
    uint32_t index;

    for (s = nst_hash_first(&d->table, hash); s->entry; s = nst_hash_next(&d->table, s)) {
        if (s->hash == hash && same_key(&d->entries[s->entry - 1].key, key))
            return s->entry - 1;
    }
    if (make_room(d) < 0 || nst_hash_room(&d->table) < 0 || copy_key(&entry.key, key) < 0)
        return NST_NONE;
    index = take_index(d);
    nst_hash_add(&d->table, hash, index);
    d->entries[index] = entry;
    return index;
}

void nst_dict_forget(struct dict *d, const uint8_t *kept)
{
    uint32_t i;

    nst_hash_clear(&d->table);
    for (i = 0; i < d->count; i++) {
        struct dict_entry *entry = &d->entries[i];

        if (entry->forgotten)
            continue;
        if (kept[i]) {
            nst_hash_add(&d->table, entry->hash, i);
            continue;
        }
        free_key(&entry->key);
        *entry = (struct dict_entry){.forgotten = true, .local = d->forgotten};
        d->forgotten = i + 1;
    }
}

int nst_dict_use(struct dict *d, uint32_t index, uint32_t block)
{
    struct dict_entry *entry = &d->entries[index];
    uint32_t *used;

    if (entry->block == block)
        return 0;
    used = nst_array_room(d->used, d->used_count, &d->used_room, sizeof(*used));
    if (!used)
        return -ENOMEM;
    d->used = used;
    entry->block = block;
    entry->local = d->used_count;
    d->used[d->used_count++] = index;
    return 1;
}
