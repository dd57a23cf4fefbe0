/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Binary search: the index of the first of a sorted list that does not come before what is wanted,
 * or their number. Internal.
 *
 *     struct search s = search_in(count);
 *
 *     while (search_step(&s))
 *         search_tell(&s, list[s.at] < wanted);
 *     return s.at;
 */
#ifndef NST_FORMAT_SEARCH_H
#define NST_FORMAT_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search {
    size_t low, high; /* it is in between */
    size_t at;        /* the one to be looked at; in the end, what was searched for */
};

static inline struct search search_in(size_t count)
{
    return (struct search){.high = count};
}

/* False: it is found. */
static inline bool search_step(struct search *s)
{
    s->at = s->low + (s->high - s->low) / 2;
    return s->low < s->high;
}

static inline void search_tell(struct search *s, bool is_before)
{
    if (is_before)
        s->low = s->at + 1;
    else
        s->high = s->at;
}

#endif
