/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/by_netns.h"

#include <stdlib.h>

#include "format/array.h"
#include "format/search.h"

void by_netns_clear(struct by_netns *set)
{
    set->count = set->sorted = 0;
}

bool by_netns_add(struct by_netns *set, const struct by_netns_row *row)
{
    struct by_netns_row *list = nst_array_room(set->list, set->count, &set->room, sizeof(*list));

    if (!list)
        return false;
    set->list = list;
    set->list[set->count++] = *row;
    return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_times(const struct by_netns_row *a, const struct by_netns_row *b)
{
    int order = compare_numbers(a->first_ts_ns, b->first_ts_ns);

    return order ? order : compare_numbers(a->row, b->row);
}

static int compare(const void *x, const void *y)
{
    const struct by_netns_row *a = x, *b = y;
    int order = compare_numbers(a->inum, b->inum);

    if (!order)
        order = compare_numbers(a->cookie, b->cookie);
    if (!order)
        order = compare_numbers(a->number, b->number);
    return order ? order : compare_times(a, b);
}

bool by_netns_sort(struct by_netns *set)
{
    struct by_netns_row *of_inum;

    if (!set->count)
        return true;
    of_inum = reallocarray(set->of_inum, set->count, sizeof(*of_inum));
    if (!of_inum)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        of_inum[i] = set->list[i];
        of_inum[i].cookie = 0;
    }
    set->of_inum = of_inum;
    qsort(set->of_inum, set->count, sizeof(*set->of_inum), compare);
    qsort(set->list, set->count, sizeof(*set->list), compare);
    set->sorted = set->count;
    return true;
}

void by_netns_free(struct by_netns *set)
{
    free(set->list);
    free(set->of_inum);
    *set = (struct by_netns){0};
}

/* The first that is not before the key, or where it would be. */
static const struct by_netns_row *search(const struct by_netns_row *list, size_t count,
                                         const struct by_netns_row *key)
{
    struct search s = search_in(count);

    while (search_step(&s))
        search_tell(&s, compare(&list[s.at], key) < 0);
    return list + s.at;
}

struct by_netns_of by_netns_find(const struct by_netns *set, const struct nst_netns *netns,
                                 uint32_t number, uint64_t from_ns, uint64_t until_ns)
{
    const struct by_netns_row *list = netns->cookie ? set->list : set->of_inum;
    struct by_netns_row first = {netns->inum, 0, number, from_ns, 0};
    struct by_netns_row behind = {netns->inum, 0, number, until_ns, SIZE_MAX};
    struct by_netns_of of = {NULL, NULL, NULL, NULL};

    if (!set->sorted)
        return of;
    of.any = search(list, set->sorted, &first);
    of.any_end = search(list, set->sorted, &behind);
    if (!netns->cookie)
        return of;
    first.cookie = behind.cookie = netns->cookie;
    first.first_ts_ns = 0;
    behind.first_ts_ns = UINT64_MAX;
    of.exact = search(list, set->sorted, &first);
    of.exact_end = search(list, set->sorted, &behind);
    return of;
}

bool by_netns_next(struct by_netns_of *of, size_t *row)
{
    bool any = of->any < of->any_end, exact = of->exact < of->exact_end;

    if (!any && !exact)
        return false;
    if (any && (!exact || compare_times(of->any, of->exact) < 0))
        *row = of->any++->row;
    else
        *row = of->exact++->row;
    return true;
}
