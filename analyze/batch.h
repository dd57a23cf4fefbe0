/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inserts rows of integers, several by one statement: a third faster than one by one. */
#ifndef NST_ANALYZE_BATCH_H
#define NST_ANALYZE_BATCH_H

#include "analyze/db.h"

struct batch;

/* columns: "id, ts_ns, ...", 32 of them at most. */
int batch_open(struct batch **batch, const struct db *db, const char *table, const char *columns);
void batch_close(struct batch *batch);

/* The next row, column by column in their order. */
void batch_put(struct batch *batch, int64_t value);
/* NULL where absent holds. */
void batch_put_unless(struct batch *batch, bool absent, int64_t value);
/* The row is whole: it is in the table now or a little later. */
int batch_end_row(struct batch *batch);
/* All rows are in the table now. */
int batch_flush(struct batch *batch);

#endif
