/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --follow: the filter's criteria choose packets, and all events of those match, wherever they
 * are. The files are read once more for that, before anything else.
 */
#ifndef NST_ANALYZE_FOLLOW_H
#define NST_ANALYZE_FOLLOW_H

#include "analyze/source.h"

/* From now on only times exclude a block: any may have an event of a packet that is chosen in
 * another one. Call it before source_set_times(). */
void follow_begin(struct source **sources, unsigned count);

/* Finds the journeys that meet the criteria in any of a capture's files; from then on theirs are
 * the events that match, and the sources stand at their beginning. load: of NST_LOAD_*, for what
 * comes then. False: no memory. */
bool follow_choose(struct source **sources, unsigned count, unsigned load);

#endif
