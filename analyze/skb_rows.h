/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of the table skb: what else an event's skb said, where it was recorded. */
#ifndef NST_ANALYZE_SKB_ROWS_H
#define NST_ANALYZE_SKB_ROWS_H

#include "analyze/batch.h"
#include "format/nstrail.h"

int skb_rows_open(struct batch **rows, const struct db *db);
/* Of the event in row event_id. */
int skb_rows_add(struct batch *rows, int64_t event_id, const struct nst_skb *skb);

#endif
