/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the making of journeys and their rebuilding share. Internal. */
#ifndef NST_ANALYZE_JOURNEYS_INTERNAL_H
#define NST_ANALYZE_JOURNEYS_INTERNAL_H

#include "analyze/batch.h"
#include "analyze/hop.h"
#include "analyze/journeys.h"

struct journey {
    struct journey *chain;           /* in its bucket */
    struct journey *older, *younger; /* by latest event */

    int64_t row;
    int64_t capture;
    uint64_t track;
    uint64_t first_mono_ns, first_head;
    bool stored; /* it has rows already, which are made anew at the end: journeys_rebuild() */

    uint64_t first_ts_ns, last_ts_ns;
    uint64_t first_clock_ns, last_clock_ns; /* CLOCK_MONOTONIC */
    int64_t first_event;                    /* of this import, if it is stored */
    uint64_t first_skb;                     /* of that event */
    int64_t packet;
    uint32_t len_bytes;
    uint32_t events, drops;
    bool guessed;
    struct hop_trail trail;
    struct packet_forms forms;
};

enum journeys_statement {
    JOURNEYS_FIND,
    JOURNEYS_MARK,
    JOURNEYS_GUESSED,
    JOURNEYS_CAME,
    JOURNEYS_STATEMENTS,
};

struct journeys {
    const struct db *db;
    struct packet_rows *packets;
    sqlite3_stmt *statements[JOURNEYS_STATEMENTS];
    struct batch *rows, *hops; /* of journey and of hop */

    bool existing;             /* the database had journeys before this import */
    bool alone;                /* one capture is imported: no two journeys have the same number */
    bool evicted;              /* some of this import are no longer in memory, but rows */
    uint64_t evicted_clock_ns; /* the latest event of those */

    struct journey **buckets;
    struct journey *oldest, *youngest;
    uint32_t count;
};

int64_t journey_duration_ns(const struct journey *journey);
/* The event in the journey's counts and times. */
void journey_count(struct journey *journey, const struct journey_event *event);
/* The event in the journey's trail: writes the stay that it ends, if it does. */
int journeys_follow(struct journeys *journeys, struct journey *journey,
                    const struct journey_event *event);
/* Writes a stay as the row of hop with that number in its journey. */
int journeys_write_hop(struct journeys *journeys, int64_t row, uint32_t ordinal,
                       const struct hop_stay *stay);

#endif
