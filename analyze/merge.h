/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events of many sources in one order: by CLOCK_MONOTONIC within a capture, and the captures
 * among each other by the time of day of their next event.
 */
#ifndef NST_ANALYZE_MERGE_H
#define NST_ANALYZE_MERGE_H

#include "analyze/source.h"

struct merge;

/* The sources stay the caller's. NULL: no memory. */
struct merge *merge_new(struct source **sources, unsigned count);
void merge_free(struct merge *m);
/* The run is valid until the next call. */
bool merge_next(struct merge *m, struct input_run *run);

#endif
