/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows that the entries of a block's dictionaries have in the database, looked up once each. */
#ifndef NST_ANALYZE_DIMS_CACHE_H
#define NST_ANALYZE_DIMS_CACHE_H

#include "analyze/dims.h"

struct dims_cached_block;

/* Of one file. Zero-initialise it. */
struct dims_cache {
    struct dims_cached_block *blocks;
    unsigned next; /* to be replaced */
};

void dims_cache_free(struct dims_cache *cache);

/* Row ids of what an event refers to; 0: nothing. */
struct dims_rows {
    int64_t netns, device, task, probe, drop_reason, stack;
};

/* inv: of the event's file. */
int dims_cache_event(struct dims_cache *cache, struct dims *dims, int64_t capture,
                     const struct inventory *inv, const struct nst_block *block,
                     const struct nst_event *event, struct dims_rows *rows);

#endif
