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

/* What is made one step after the other by whoever sets a namespace up, is seen within this; and
 * so is what goes before it does. */
#define SETTING_UP_NS UINT64_C(1000000000)

/* One of them. Each begins not long before it was seen first, and one that is over ends not long
 * after it was seen last. Who had the inum before, between two and after them is not known: each
 * such time is taken for a life. Without any that is known, all of the time is one. */
struct life {
    bool is_known;
    bool is_over; /* it was seen no more before the recording ended */
    bool is_gone; /* it was seen to die then */
    /* Seen so. Of one that is not known first_ts_ns is what tells it: the nanosecond after the one
     * before was seen last, 1 before the first, 0 where there is no other. */
    uint64_t first_ts_ns, last_ts_ns;
    uint64_t begin_ns, end_ns; /* all that is its own is of that time */
};

/* Rows that tell of lives. */
struct lives_rows {
    const struct nst_known_netns *rows;
    const struct by_netns *order;
    uint64_t since_ns, until_ns; /* of the recording: what was seen first then had been there */
    uint64_t missed_ns;          /* it takes so long to see one, or to miss it */
    bool by_cookie;              /* one is asked for by its cookie, which no other has */
};

/* One as it is kept: the rest is what its rows say. */
struct lives_entry {
    uint32_t inum;
    uint64_t first_ts_ns, begin_ns;
    size_t last_row;
};

/* Those of all inums, whatever their cookies, by inum and then by time. */
struct lives {
    struct lives_entry *list;
    size_t count;
};

/* Anew from all of the rows. False: no memory, they are as they were. */
bool lives_build(struct lives *lives, const struct lives_rows *of);
void lives_free(struct lives *lives);

/* The one that had the inum at that moment. The rows are those that they were built from, perhaps
 * with more behind them; their order is not looked at. */
struct life lives_at(const struct lives *lives, const struct lives_rows *of, uint32_t inum,
                     uint64_t ts_ns);
/* As far as the rows can be about that namespace, in the sense of names_same_netns(): all of
 * those are looked at. */
struct life lives_among(const struct lives_rows *of, const struct nst_netns *netns, uint64_t ts_ns);

/* What was seen within a life from *first_ts_ns to *last_ts_ns was so longer: it was there when
 * the namespace was first seen, or ended with it. Widens the two accordingly; what is said to have
 * begun before the life did, began with it. */
void life_widen(const struct life *life, uint64_t *first_ts_ns, uint64_t *last_ts_ns);

#endif
