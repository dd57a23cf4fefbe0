/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/tally.h"

#include <stdlib.h>
#include <string.h>

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

/* The index of the entry, or where it belongs. */
static size_t search(const struct tally *t, const struct tally_key *key, bool *found)
{
    size_t low = 0, high = t->count;

    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = compare_keys(&t->list[middle]->key, key);

        *found = !order;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
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

struct tally_entry *tally_find(struct tally *t, const struct tally_key *key)
{
    bool found;
    size_t at = search(t, key, &found);
    struct tally_entry *entry;

    if (found)
        return t->list[at];
    if (t->count == t->room) {
        size_t room = t->room ? t->room * 2 : 32;
        struct tally_entry **list = reallocarray(t->list, room, sizeof(*list));

        if (!list)
            return NULL;
        t->list = list;
        t->room = room;
    }
    entry = entry_new(key);
    if (!entry)
        return NULL;
    memmove(t->list + at + 1, t->list + at, (t->count - at) * sizeof(*t->list));
    t->list[at] = entry;
    t->count++;
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
    *t = (struct tally){0};
}
