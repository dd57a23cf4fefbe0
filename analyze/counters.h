/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The recorder's counters, as they were last while the tables of a file are read in their order. A
 * counter is told from others by its name, probe and CPU.
 */
#ifndef NST_ANALYZE_COUNTERS_H
#define NST_ANALYZE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/intern.h"
#include "format/nstrail.h"

/* What a counter was at last. */
struct counter_was {
    bool told; /* any tables had it */
    bool known;
    uint64_t value;
    uint64_t ts_ns; /* since when */
};

struct counters {
    struct intern index; /* into values, plus one */
    struct counter_was *values;
    size_t count, room;
};

#define COUNTERS_KEY_MAX (2 * (NST_MAX_NAME + 1) + sizeof(uint32_t))

/* What tells a counter from others, as bytes. Answers how many. */
size_t counters_key(char key[COUNTERS_KEY_MAX], const struct nst_counter *counter);

/* It counts events that were lost. */
bool counters_is_loss(const struct nst_counter *counter);

/* Remembers what the counter is at that time; *was is what it was before. False: no memory. */
bool counters_note(struct counters *counters, const struct nst_counter *counter, uint64_t ts_ns,
                   struct counter_was *was);
bool counters_changed(const struct counter_was *was, const struct nst_counter *counter);
void counters_clear(struct counters *counters);

#endif
