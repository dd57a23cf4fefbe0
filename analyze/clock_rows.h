/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of the table clock, and by them the times since 1970 of what the inventory tells: while
 * this is open, statements can ask for time_ns(MONO_NS), for start_ns(BOOT_NS) of a process, and
 * for earliest_ns(MONO_NS, MONO_NS) and latest_ns(MONO_NS, MONO_NS) between two moments.
 */
#ifndef NST_ANALYZE_CLOCK_ROWS_H
#define NST_ANALYZE_CLOCK_ROWS_H

#include "analyze/db.h"
#include "analyze/file_rows.h"
#include "analyze/input.h"

struct clock_rows;

/* In SQL, CLOCK_MONOTONIC of an event that is called e: the table event_clock says it, whose rows
 * the import itself writes. */
#define CLOCK_ROWS_EVENT_NS                                                                        \
    "e.ts_ns - (SELECT c.offset_ns FROM event_clock c WHERE c.file_id = e.file_id"                 \
    " AND c.event_id <= e.id ORDER BY c.event_id DESC LIMIT 1)"

int clock_rows_open(struct clock_rows **clock, const struct db *db);
/* Once all files are read. */
int clock_rows_write(struct clock_rows *clock, const struct input *in,
                     const struct file_rows *files);
/* The functions are about that capture from now on. */
int clock_rows_choose(struct clock_rows *clock, int64_t capture);
/* Computes the times of all rows anew for captures of which files had been imported before, or
 * whose clock was set back: what this import has brought may date them better. */
int clock_rows_renew(struct clock_rows *clock, const struct file_rows *files);
void clock_rows_close(struct clock_rows *clock);

#endif
