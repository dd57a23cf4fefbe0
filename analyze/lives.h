/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The namespaces that had an inum one after the other: without cookies nothing but the time tells
 * them apart. Times are CLOCK_MONOTONIC's.
 */
#ifndef NST_ANALYZE_LIVES_H
#define NST_ANALYZE_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/by_netns.h"
#include "format/nstrail.h"

/* Whoever sets a namespace up makes it, its name, devices and addresses within this time, and takes
 * them away within it. */
#define SETTING_UP_NS UINT64_C(1000000000)

/* One of them. A life begins not long before it was first seen, and one that is over ends not long
 * after it was last seen. The times before the first, between two and after the last are lives,
 * too, of which nothing is known. So is all of the time, if no life of the inum is known. */
struct life {
    bool is_known;
    bool is_over; /* it was seen no more before the recording ended */
    bool is_gone; /* it was seen to die then */
    /* When it was first and last seen. In a life that is not known first_ts_ns tells it from
     * others: it is the nanosecond after the life before was last seen, 1 before the first life,
     * and 0 if no life of the inum is known. */
    uint64_t first_ts_ns, last_ts_ns;
    uint64_t begin_ns, end_ns; /* what happened from then until then belongs to it */
};

/* The rows that tell of lives. */
struct lives_rows {
    const struct nst_known_netns *rows;
    const struct by_netns *order;
    uint64_t since_ns, until_ns; /* of the recording: what was there at first had been before */
    uint64_t missed_ns;          /* so late the recorder sees that one has begun, or has ended */
    bool by_cookie;              /* a life is looked for by its cookie, which no other one has */
};

/* What is kept of a life: its rows say the rest. */
struct lives_entry {
    uint32_t inum;
    uint64_t first_ts_ns, begin_ns;
    size_t last_row;
};

/* All lives, whatever their cookies, by inum and then by time. */
struct lives {
    struct lives_entry *list;
    size_t count;
};

/* Makes them anew from all rows. False: no memory, they are as they were. */
bool lives_build(struct lives *lives, const struct lives_rows *of);
void lives_free(struct lives *lives);

/* The life that had the inum at that moment. The rows are those that the lives were built from, of
 * which there may be more by now; their order is not looked at. */
struct life lives_at(const struct lives *lives, const struct lives_rows *of, uint32_t inum,
                     uint64_t ts_ns);
/* The same by the rows that can be about that namespace, as names_same_netns() has it. Looks at all
 * of these. */
struct life lives_among(const struct lives_rows *of, const struct nst_netns *netns, uint64_t ts_ns);

/* Widens the time from *first_ts_ns to *last_ts_ns, in which something of the namespace was seen to
 * be so: what was so when the namespace was first seen had been so since the life began, and what
 * was so when it was last seen remained so until its end. What is said to have begun before the
 * life began with it. */
void life_widen(const struct life *life, uint64_t *first_ts_ns, uint64_t *last_ts_ns);

#endif
