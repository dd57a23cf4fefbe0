/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inventory's columns of a TABLES block, as written; rows_decode.h reads them. Internal. */
#ifndef NST_FORMAT_ROWS_ENCODE_H
#define NST_FORMAT_ROWS_ENCODE_H

#include "format/frame.h"
#include "format/nstrail.h"

/* Appends to the columns, columns[0] being that of column id first; their .failed says when
 * memory ran out there. Appends to counts how many texts, namespaces and rows there are. 0 or
 * -ENOMEM. */
int nst_rows_encode(const struct nst_tables *tables, struct buffer *columns, uint16_t first,
                    struct buffer *counts);

#endif
