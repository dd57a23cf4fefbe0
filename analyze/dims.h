/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The small tables that events refer to, dimension tables as data warehouses call them: each
 * distinct thing is one row, made when it is first asked for. */
#ifndef NST_ANALYZE_DIMS_H
#define NST_ANALYZE_DIMS_H

#include "analyze/db.h"
#include "analyze/inventory.h"
#include "format/nstrail.h"

struct dims;

/* Knows the rows that the database has already. */
int dims_open(struct dims **dims, const struct db *db);
void dims_close(struct dims *dims);

/* The row of a namespace as it was at that time: without a cookie its inum may be another's at
 * another time. */
int dims_netns(struct dims *dims, int64_t capture, const struct inventory *inv,
               const struct nst_netns *netns, uint64_t ts_ns, int64_t *id);
/* The row of a device, told by its ifindex and name. netns: the row of its namespace, 0: none. */
int dims_device(struct dims *dims, int64_t capture, int64_t netns, const struct nst_device *device,
                int64_t *id);
int dims_task(struct dims *dims, int64_t capture, const struct nst_task *task, int64_t *id);
int dims_probe(struct dims *dims, const struct nst_probe *probe, int64_t *id);
int dims_drop_reason(struct dims *dims, const struct nst_drop_reason *reason, int64_t *id);
/* caller: the row of the frame that called it, 0: none. */
int dims_stack(struct dims *dims, int64_t caller, const struct nst_frame *frame, int64_t *id);

#endif
