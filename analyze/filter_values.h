/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which values of --dev, --probe, --drop=REASON and --track are in a file at all: one that is in
 * none is more often a slip than a question.
 */
#ifndef NST_ANALYZE_FILTER_VALUES_H
#define NST_ANALYZE_FILTER_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "analyze/criteria.h"
#include "format/nstrail.h"

struct filter_values {
    const struct filter *filter;
    bool *found; /* devices, probes, drop reasons, tracks in turn */
    size_t count;
};

/* False: no memory. filter may be NULL, and outlives this. */
bool filter_values_init(struct filter_values *values, const struct filter *filter);
void filter_values_free(struct filter_values *values);

/* Looks for all of them in a block that was decoded with its events. */
void filter_values_see(struct filter_values *values, const struct nst_block *block);
bool filter_values_all_found(const struct filter_values *values);

#endif
