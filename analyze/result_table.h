/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows in aligned columns. Widths come from the first rows: later ones that need more room
 * stand out, and memory stays bounded. */
#ifndef NST_ANALYZE_RESULT_TABLE_H
#define NST_ANALYZE_RESULT_TABLE_H

#include "analyze/result.h"

struct result_table;

/* NULL, false: no memory. */
struct result_table *result_table_new(FILE *out, sqlite3_stmt *statement);
bool result_table_row(struct result_table *table);
/* Writes what waits, frees. */
bool result_table_end(struct result_table *table);

#endif
