/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/names.h"

#include <stdlib.h>
#include <string.h>

bool names_same_netns(const struct nst_netns *a, const struct nst_netns *b)
{
    return a->inum == b->inum && (!a->cookie || !b->cookie || a->cookie == b->cookie);
}

/* Where the entries of an inum begin, or would. */
static size_t find_inum(const struct names *names, uint32_t inum)
{
    size_t low = 0, high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (names->list[middle].netns.inum < inum)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool insert(struct names *names, size_t at, const struct nst_netns_name *entry)
{
    char *copy = strdup(entry->name);

    if (copy && names->count == names->room) {
        size_t room = names->room ? names->room * 2 : 16;
        struct nst_netns_name *list = reallocarray(names->list, room, sizeof(*list));

        if (!list) {
            free(copy);
            return false;
        }
        names->list = list;
        names->room = room;
    }
    if (!copy)
        return false;
    memmove(names->list + at + 1, names->list + at, (names->count - at) * sizeof(*names->list));
    names->list[at] = *entry;
    names->list[at].name = copy;
    names->count++;
    return true;
}

static bool is_same(const struct nst_netns_name *a, const struct nst_netns_name *b)
{
    return a->netns.cookie == b->netns.cookie && a->place == b->place && !strcmp(a->name, b->name);
}

/* One that goes on, also from table to table, is drawn out. One that ended and came back is
 * another. */
static bool learn(struct names *names, const struct nst_netns_name *entry)
{
    size_t at = find_inum(names, entry->netns.inum);

    for (; at < names->count && names->list[at].netns.inum == entry->netns.inum; at++) {
        struct nst_netns_name *known = &names->list[at];

        if (!is_same(known, entry) || entry->first_ts_ns > known->last_ts_ns)
            continue;
        if (entry->first_ts_ns < known->first_ts_ns)
            known->first_ts_ns = entry->first_ts_ns;
        known->last_ts_ns = entry->last_ts_ns;
        return true;
    }
    return insert(names, at, entry);
}

bool names_learn(struct names *names, const struct nst_tables *tables)
{
    for (size_t i = 0; i < tables->netns_names_count; i++)
        if (!learn(names, &tables->netns_names[i]))
            return false;
    return true;
}

void names_close(struct names *names, uint64_t ts_ns)
{
    for (size_t i = 0; i < names->count; i++) {
        struct nst_netns_name *name = &names->list[i];

        if (name->last_ts_ns == NST_STILL)
            name->last_ts_ns = name->first_ts_ns > ts_ns ? name->first_ts_ns : ts_ns;
    }
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->list[i].name);
    free(names->list);
    *names = (struct names){0};
}

const struct nst_netns_name *names_of_inum(const struct names *names, uint32_t inum, size_t *count)
{
    size_t at = find_inum(names, inum), end = at;

    while (end < names->count && names->list[end].netns.inum == inum)
        end++;
    *count = end - at;
    return *count ? names->list + at : NULL;
}

void netns_list_add(struct netns_list *seen, const struct nst_netns *netns)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->list[i].inum == netns->inum && seen->list[i].cookie == netns->cookie)
            return;
    if (seen->count == NETNS_LIST_MAX)
        seen->more = true;
    else
        seen->list[seen->count++] = *netns;
}
