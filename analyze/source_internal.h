/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What source.c, source_blocks.c and source_chunks.c share. Internal. */
#ifndef NST_ANALYZE_SOURCE_INTERNAL_H
#define NST_ANALYZE_SOURCE_INTERNAL_H

#include "analyze/source.h"

/* Says so; nothing more comes of this source. */
void source_no_memory(struct source *s);

/* Reads block headers and tables: of a file all of them, of a pipe the next few blocks, with their
 * events. */
void source_read_ahead(struct source *s);

/* Decodes the reader's current block. If only its packets cannot be read, as with a compression
 * that this version lacks, it is decoded without them, which is said and noted in *no_packets. <0:
 * it cannot be decoded at all, and it was said why. */
int source_load_block(struct source *s, unsigned what, bool *no_packets);

/* load: NST_LOAD_* that the command needs; what the filter needs is added. */
void source_set_load(struct source *s, unsigned load);

#endif
