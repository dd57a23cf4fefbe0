/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows from what a file says of its host beside the events: names of namespaces, and the
 * recorder's counters (the table loss). */
#ifndef NST_ANALYZE_HOST_ROWS_H
#define NST_ANALYZE_HOST_ROWS_H

#include "analyze/db.h"
#include "analyze/dims.h"
#include "analyze/file_rows.h"
#include "analyze/input.h"

/* Once all events were read. */
int host_rows_write(const struct db *db, struct dims *dims, const struct input *in,
                    const struct file_rows *files);

#endif
