/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sorted index of rows by their namespaces, so that those of one are found without a look at the
 * others. The kernel gives an inum again at once: where containers come and go, thousands have had
 * the same.
 */
#ifndef NST_ANALYZE_BY_NETNS_H
#define NST_ANALYZE_BY_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

/* What a row is found by. They are sorted by all of it, in this order. */
struct by_netns_row {
    uint32_t inum;
    uint64_t cookie;
    uint32_t number; /* of a thing in the namespace, such as an ifindex; else 0 */
    uint64_t first_ts_ns;
    size_t row;
};

struct by_netns {
    struct by_netns_row *list;
    struct by_netns_row *of_inum; /* the same with all cookies 0: to look up one without a cookie */
    size_t count, room;
    size_t sorted; /* all of them, or 0: none is found */
};

/* In this order: clear, add all rows, sort; then rows can be found. False: no memory. */
void by_netns_clear(struct by_netns *set);
bool by_netns_add(struct by_netns *set, const struct by_netns_row *row);
bool by_netns_sort(struct by_netns *set);
void by_netns_free(struct by_netns *set);

/* The rows of a namespace, in the sense of names_same_netns(), by time. */
struct by_netns_of {
    const struct by_netns_row *any, *any_end;     /* without a cookie; all, if netns has none */
    const struct by_netns_row *exact, *exact_end; /* with its cookie */
};

/* Finds the rows that began between the two times, and all that have its cookie. */
struct by_netns_of by_netns_find(const struct by_netns *set, const struct nst_netns *netns,
                                 uint32_t number, uint64_t from_ns, uint64_t until_ns);
/* False: no more. */
bool by_netns_next(struct by_netns_of *of, size_t *row);

#endif
