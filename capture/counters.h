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

/* An event of this CPU and probe goes to the writer; guessed: its journey is a guess. */
void counters_event(struct counters *counters, uint32_t cpu, uint32_t probe, bool guessed);
/* Those since the last call are in the file, or lost. */
void counters_flushed(struct counters *counters, bool written);
/* Asks the kernel of the kprobes that it passed over, which is dear where there are many. Only while
 * they are attached. */
void counters_refresh(struct counters *counters);
/* Entries that tracking gave up because nothing was seen of them for long. */
void counters_evicted(struct counters *counters, uint64_t evicted);

/* What the inventory counts; without it, it is left out. */
void counters_inventory(struct counters *counters, const struct inventory_counts *counts);

struct losses {
    uint64_t ring;
    uint64_t recursion;
    bool recursion_known;
    bool kprobes; /* there are some, of which... */
    uint64_t missed;
    bool missed_known;
};

void counters_losses(const struct counters *counters, struct losses *losses);

/* All of them, for the file. Each name's entries add up to its total. Valid until the next call.
 * None: no memory. */
const struct nst_counter *counters_list(struct counters *counters, size_t *count);
/* Of what that answered last, the losses alone; valid as long. */
const struct nst_counter *counters_last_losses(struct counters *counters, size_t *count);

#endif
