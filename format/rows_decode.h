/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inventory's columns of a TABLES block, as read; rows_encode.h writes them. Internal. */
#ifndef NST_FORMAT_ROWS_DECODE_H
#define NST_FORMAT_ROWS_DECODE_H

#include "format/bytes.h"
#include "format/nstrail.h"
#include "format/rows.h"

/* How many of each the block has, and where in a piece of memory they go. */
struct rows_plan {
    uint32_t texts, spaces, rows[ROW_KINDS];
    size_t texts_at, spaces_at, rows_at[ROW_KINDS];
};

/* Takes the counts and reserves memory, *size being how much of it is reserved already. All
 * columns are given, by id. -EBADMSG: more than the columns can hold, or than is allowed. */
int nst_rows_plan(struct cursor *columns, struct rows_plan *plan, size_t *size,
                  struct nst_error *err);

/* Fills in the inventory of t, whose .ts_ns is known, with what it points to in memory; strings
 * are copied to *text, which moves on. */
void nst_rows_decode(struct cursor *columns, const struct rows_plan *plan, uint8_t *memory,
                     char **text, struct nst_tables *t);

#endif
