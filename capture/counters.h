/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was recorded and what was lost, gathered from where each is counted. */
#ifndef NST_CAPTURE_COUNTERS_H
#define NST_CAPTURE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/attach.h"
#include "capture/inventory/inventory.h"
#include "format/nstrail.h"

struct counters;

/* The attachment outlives it. NULL: no memory. */
struct counters *counters_new(const struct attachment *attachment);
void counters_free(struct counters *counters);

/* An event of this CPU and probe was recorded. */
void counters_event(struct counters *counters, uint32_t cpu, uint32_t probe);
/* Entries that tracking gave up because nothing was seen of them for long. */
void counters_evicted(struct counters *counters, uint64_t evicted);

/* What the inventory counts; without it, it is left out. */
void counters_inventory(struct counters *counters, const struct inventory_counts *counts);

struct losses {
    uint64_t ring;
    uint64_t recursion;
    bool recursion_known;
};

void counters_losses(const struct counters *counters, struct losses *losses);

/* All of them, for the file; lost_disk is the writer's. Each name's entries add up to its total.
 * Valid until the next call. */
const struct nst_counter *counters_list(struct counters *counters, uint64_t lost_disk,
                                        size_t *count);

#endif
