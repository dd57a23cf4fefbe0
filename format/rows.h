/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kinds of rows of an inventory, as tables: which field of which struct stands in which
 * column, and how. What writes and what reads them follows the same tables. Internal.
 */
#ifndef NST_FORMAT_ROWS_H
#define NST_FORMAT_ROWS_H

#include "format/nstrail.h"

/* In the order of COLUMN_TABLES_COUNTS. */
enum row_kind { ROW_NETNS, ROW_PROCESS, ROW_CONTAINER, ROW_DEVICE, ROW_ADDRESS, ROW_KINDS };

enum field_type {
    FIELD_SPACE,      /* struct nst_netns: index + 1 of the namespaces */
    FIELD_SPACE_NONE, /* the same, where zeros stand for none: 0 */
    FIELD_FIRST,      /* u64, minus the row's before */
    FIELD_LAST,       /* u64, minus the first, which stands before it, plus 1; NST_STILL: 0 */
    FIELD_U64,
    FIELD_U32,
    FIELD_U32_NONE, /* plus 1; NST_NONE: 0 */
    FIELD_U8,       /* one byte each */
    FIELD_TEXT,     /* const char *: index + 1 of the texts; NULL: 0 */
    FIELD_OCTETS,   /* struct nst_octets, as a string; none: 0 */
};

struct row_field {
    uint16_t column;
    uint8_t type; /* enum field_type */
    uint16_t offset;
};

/* The first field is the row's namespace: it is never zero, so that a row has a byte at least
 * in that column, and memory stays in proportion to what was read. */
struct row_layout {
    const struct row_field *fields;
    size_t fields_count;
    size_t size;
};

extern const struct row_layout nst_row_layouts[ROW_KINDS];

/* The rows of a kind, to be read and to be set. */
const void *nst_rows_of(const struct nst_tables *t, enum row_kind kind, size_t *count);
void nst_rows_set(struct nst_tables *t, enum row_kind kind, const void *rows, size_t count);

#endif
