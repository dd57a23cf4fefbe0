/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * On which CPUs the recorder runs: not on those whose packets it records, where its work would
 * take time from theirs, as long as there are others and it keeps up. Packets are seldom spread
 * evenly: a queue's interrupts, or one sender, keep a CPU busy while others have time.
 */
#ifndef NST_CAPTURE_PLACEMENT_H
#define NST_CAPTURE_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

struct placement;

/* CPUs are numbered below cpus. NULL: no memory, or we may not ask where we run. */
struct placement *placement_new(uint32_t cpus);
void placement_free(struct placement *placement);

/* To be called now and then. written: bytes, by CPU, since the recording began; behind: we are, and
 * take whatever CPU there is. Somebody else's choice of CPUs for us is left alone. */
void placement_look(struct placement *placement, uint64_t now_ns, const uint64_t *written,
                    bool behind);

/* Sets keep[cpu] for those of the allowed that wrote little beside the others; all of them if none
 * stands out. */
void placement_choose(const uint64_t *bytes, const bool *allowed, uint32_t cpus, bool *keep);

#endif
