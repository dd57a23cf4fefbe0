/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that are struct source share. Internal. */
#ifndef NST_ANALYZE_SOURCE_INTERNAL_H
#define NST_ANALYZE_SOURCE_INTERNAL_H

#include "analyze/source.h"

/* Says so; nothing more comes of this source. */
void source_no_memory(struct source *s);

/* Reads block headers and tables: of a file all there are, of a pipe as far ahead as we look, with
 * the events. */
void source_read_ahead(struct source *s);

/* Decodes the reader's current block. Where its packets alone need what this version lacks, or
 * cannot be read, its events come without them, and *no_packets says that this was said. <0:
 * nothing of it comes, and it was said why. */
int source_load_block(struct source *s, unsigned what, bool *no_packets);

/* NST_LOAD_* of what is asked for; the filter's needs are added. */
void source_set_load(struct source *s, unsigned load);

#endif
