/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which values of --dev, --probe, --drop=REASON and --track a file has at all: one that it has
 * not is more often a slip than a question.
 */
#ifndef NST_ANALYZE_ASKED_H
#define NST_ANALYZE_ASKED_H

#include <stdbool.h>
#include <stddef.h>

#include "analyze/criteria.h"
#include "format/nstrail.h"

struct asked {
    const struct filter *filter;
    bool *found; /* devices, probes, drop reasons, tracks in turn */
    size_t count;
};

/* False: no memory. filter may be NULL, and outlives this. */
bool asked_init(struct asked *asked, const struct filter *filter);
void asked_free(struct asked *asked);

/* A block with its events. */
void asked_see(struct asked *asked, const struct nst_block *block);
bool asked_all_found(const struct asked *asked);

#endif
