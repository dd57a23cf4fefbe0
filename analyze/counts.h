/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the recorder's counters were while one reads a file's tables in their order. A counter is
 * told by its name, probe and CPU.
 */
#ifndef NST_ANALYZE_COUNTS_H
#define NST_ANALYZE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/intern.h"
#include "format/nstrail.h"

/* What a counter was at last. */
struct count_was {
    bool told; /* ever */
    bool known;
    uint64_t value;
    uint64_t ts_ns; /* since when */
};

struct counts {
    struct intern index; /* into values, plus one */
    struct count_was *values;
    size_t count, room;
};

#define COUNTS_KEY_MAX (2 * (NST_MAX_NAME + 1) + sizeof(uint32_t))

/* What tells a counter, as bytes. Answers how many. */
size_t counts_key(char key[COUNTS_KEY_MAX], const struct nst_counter *counter);

/* Whether what is counted are events that are missing. */
bool counts_is_loss(const struct nst_counter *counter);

/* Remembers what the counter is at that time; *was is what it was before. False: no memory. */
bool counts_note(struct counts *counts, const struct nst_counter *counter, uint64_t ts_ns,
                 struct count_was *was);
bool counts_changed(const struct count_was *was, const struct nst_counter *counter);
void counts_clear(struct counts *counts);

#endif
