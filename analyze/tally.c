/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/tally.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_strings(const char *a, const char *b)
{
    if (!a || !b)
        return !b - !a;
    return strcmp(a, b);
}

static int compare_keys(const struct tally_key *a, const struct tally_key *b)
{
    int order = compare_numbers(a->host, b->host);

    if (!order)
        order = compare_numbers(a->netns.inum, b->netns.inum);
    if (!order)
        order = compare_numbers(a->netns.cookie, b->netns.cookie);
    if (!order)
        order = compare_numbers(a->number, b->number);
    if (!order)
        order = compare_strings(a->subsys, b->subsys);
    return order ? order : compare_strings(a->name, b->name);
}

#define KEY_MAX                                                                                    \
    (sizeof(unsigned) + sizeof(uint64_t) + 2 * sizeof(uint32_t) + 2 * (NST_MAX_NAME + 2))

static uint8_t *put(uint8_t *to, const void *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

/* NULL is not "". */
static uint8_t *put_string(uint8_t *to, const char *s)
{
    *to++ = s != NULL;
    if (s)
        to = put(to, s, strnlen(s, NST_MAX_NAME));
    *to = '\0';
    return to + 1;
}

static size_t make_key(uint8_t bytes[KEY_MAX], const struct tally_key *key)
{
    uint8_t *to = put(bytes, &key->host, sizeof(key->host));

    to = put(to, &key->netns.cookie, sizeof(key->netns.cookie));
    to = put(to, &key->netns.inum, sizeof(key->netns.inum));
    to = put(to, &key->number, sizeof(key->number));
    to = put_string(to, key->subsys);
    return (size_t)(put_string(to, key->name) - bytes);
}

static void entry_free(struct tally_entry *entry)
{
    if (!entry)
        return;
    free((char *)entry->key.subsys);
    free((char *)entry->key.name);
    free(entry);
}

static struct tally_entry *entry_new(const struct tally_key *key)
{
    struct tally_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->key = *key;
    entry->key.subsys = key->subsys ? strdup(key->subsys) : NULL;
    entry->key.name = key->name ? strdup(key->name) : NULL;
    if (!entry->key.subsys == !key->subsys && !entry->key.name == !key->name)
        return entry;
    entry_free(entry);
    return NULL;
}

bool tally_has(const struct tally *t, const struct tally_key *key)
{
    uint8_t bytes[KEY_MAX];

    return intern_find(&t->index, bytes, make_key(bytes, key));
}

struct tally_entry *tally_find(struct tally *t, const struct tally_key *key)
{
    uint8_t bytes[KEY_MAX];
    size_t length = make_key(bytes, key);
    int64_t at = intern_find(&t->index, bytes, length);
    struct tally_entry **list, *entry;

    if (at)
        return t->list[at - 1];
    list = nst_array_room(t->list, t->count, &t->room, sizeof(*list));
    if (!list)
        return NULL;
    t->list = list;
    entry = entry_new(key);
    if (!entry || !intern_add(&t->index, bytes, length, (int64_t)t->count + 1)) {
        entry_free(entry);
        return NULL;
    }
    t->list[t->count++] = entry;
    return entry;
}

void tally_add(struct tally_entry *entry, const struct nst_event *event)
{
    entry->events++;
    entry->drops += event->drop_reason != NST_NONE;
    entry->len_bytes += event->len_bytes;
    entry->caplen_bytes += event->caplen_bytes;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct tally_entry *left = *(struct tally_entry *const *)a;
    const struct tally_entry *right = *(struct tally_entry *const *)b;

    if (left->events != right->events)
        return left->events > right->events ? -1 : 1;
    return compare_keys(&left->key, &right->key);
}

void tally_rank(struct tally *t)
{
    if (t->count)
        qsort(t->list, t->count, sizeof(*t->list), compare_ranks);
}

void tally_free(struct tally *t)
{
    for (size_t i = 0; i < t->count; i++)
        entry_free(t->list[i]);
    free(t->list);
    intern_clear(&t->index);
    *t = (struct tally){0};
}
