/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of the table loss: the recorder's counters over time. */
#ifndef NST_ANALYZE_LOSS_ROWS_H
#define NST_ANALYZE_LOSS_ROWS_H

#include "analyze/db.h"
#include "analyze/file_rows.h"
#include "analyze/input.h"

/* Once all events were read. */
int loss_rows_write(const struct db *db, const struct input *in, const struct file_rows *files);

#endif
