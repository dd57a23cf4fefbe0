/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of what the recorders knew of their namespaces: netns_name, process, container, address,
 * and what netns and device have of it. */
#ifndef NST_ANALYZE_INVENTORY_ROWS_H
#define NST_ANALYZE_INVENTORY_ROWS_H

#include "analyze/db.h"
#include "analyze/dims.h"
#include "analyze/file_rows.h"
#include "analyze/input.h"

/* After the input's end. The same rows from another file are drawn out, not doubled. */
int inventory_rows_write(const struct db *db, struct dims *dims, const struct input *in,
                         const struct file_rows *files);

#endif
