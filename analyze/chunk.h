/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NST_ANALYZE_CHUNK_H
#define NST_ANALYZE_CHUNK_H

#include "analyze/match.h"
#include "format/nstrail.h"

/* A decoded block, and which of its events match, in the order of time. */
struct chunk {
    struct nst_block *block;
    uint64_t event_base; /* the index in the file of its first event */
    uint32_t *order;     /* indices into block->events; none if those are not decoded */
    uint32_t count;
};

/* The block becomes the chunk's, and the matcher is prepared for it. NULL: no memory, and the
 * block is still the caller's. */
struct chunk *chunk_new(struct nst_block *block, uint64_t event_base, const struct matcher *m);
void chunk_free(struct chunk *chunk);

#endif
