/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Brings the rings' records into one order, by time.
 *
 * A ring that is empty now may still get a record of an earlier time: its program took the
 * time and has not finished. So records wait until every ring has one, or until their time is
 * past a horizon that no program is still before. A ring that is more than half full cannot
 * wait.
 */
#ifndef NST_CAPTURE_MERGE_H
#define NST_CAPTURE_MERGE_H

#include "capture/ring.h"

struct merge;

/* Takes a record: a definition as soon as all before it in its ring are taken, a packet in its
 * turn. late: its time is before that of one already taken. Not 0: stop, the record is taken. */
typedef int merge_take(void *context, const void *record, uint32_t length, bool late);

/* The rings are the caller's and outlive it. NULL: no memory. */
struct merge *merge_new(struct ring *rings, size_t count);
void merge_free(struct merge *merge);

/* Takes all records up to the horizon (CLOCK_MONOTONIC) and gives their room back; but no more bytes
 * than the rings have, for programs may fill them as fast as this empties them, and the caller has
 * more to do. 0, or what take() answered when it was not 0. */
int merge_run(struct merge *merge, uint64_t horizon_ns, merge_take *take, void *context);

#endif
