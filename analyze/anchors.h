/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the wall clock was by CLOCK_MONOTONIC: each block of a file says how far apart the two were
 * when it was written, and that dates its events. All else is dated by the block around it or by
 * the nearest.
 */
#ifndef NST_ANALYZE_ANCHORS_H
#define NST_ANALYZE_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct anchor {
    uint64_t ts_ns;    /* it holds from then on; CLOCK_MONOTONIC, as until_ns */
    uint64_t until_ns; /* and to here at least; UINT64_MAX: until another begins */
    int64_t offset_ns; /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
    bool yields;       /* to those of events at the same time: these say how events are dated */
    size_t set_back;   /* the latest up to it that somebody has set the clock back to; 0: none */
};

/* Zeros are a good beginning. */
struct anchors {
    struct anchor *list; /* by time, once they are settled */
    size_t count, room;
    bool has_changed; /* since they were settled */
};

/* False: no memory. */
bool anchors_add(struct anchors *a, const struct anchor *anchor);
/* That of a block with events or tables, if it says something new. */
bool anchors_add_block(struct anchors *a, const struct nst_block_info *block);
/* All of another's, which is settled. */
bool anchors_join(struct anchors *a, const struct anchors *other);
/* After the last of several, before anything is looked up. */
void anchors_settle(struct anchors *a);
void anchors_free(struct anchors *a);

/* Since 1970; before the first anchor, by that one. Without any: the same time. */
uint64_t anchors_time(const struct anchors *a, uint64_t ts_ns);
/* The clock was set back, at whatever time. */
bool anchors_set_back(const struct anchors *a);

/* What the wall clock showed from one moment to another: where it was set back, the earliest time
 * is not the first. */
struct anchors_span {
    uint64_t earliest_ns, latest_ns; /* since 1970 */
};
struct anchors_span anchors_span(const struct anchors *a, uint64_t first_ts_ns,
                                 uint64_t last_ts_ns);

#endif
