/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The small tables that events refer to: each distinct thing is one row, made at its first use. */
#ifndef NST_ANALYZE_DIMS_H
#define NST_ANALYZE_DIMS_H

#include "analyze/db.h"
#include "analyze/inventory.h"
#include "format/nstrail.h"

struct dims;

/* Knows the rows that the database has already. */
int dims_open(struct dims **dims, const struct db *db);
void dims_close(struct dims *dims);

/* That of a namespace at that time: without a cookie its inum may be another's at another time. */
int dims_netns(struct dims *dims, int64_t capture, const struct inventory *inv,
               const struct nst_netns *netns, uint64_t ts_ns, int64_t *id);
/* Of a device its ifindex and name count; netns is its namespace's row, 0: none. */
int dims_device(struct dims *dims, int64_t capture, int64_t netns, const struct nst_device *device,
                int64_t *id);

/* Rows of a block's dictionaries, filled in as its events need them. */
struct dims_block {
    const struct nst_block *block;
    uint64_t sequence;
    uint64_t from_ns, until_ns; /* of events of this time */
    int64_t *rows; /* those of all dictionaries, one after another; 0: not asked for yet */
    size_t room;
    size_t devices, tasks, probes, drop_reasons, frames; /* where each begins; namespaces at 0 */
};

/* Two: the input may merge neighbouring blocks of a file by time. Zero-initialise it. */
struct dims_cache {
    struct dims_block blocks[2];
    unsigned next; /* to be replaced */
};

void dims_cache_free(struct dims_cache *cache);

/* Row ids of what an event refers to; 0: nothing. */
struct dims_rows {
    int64_t netns, device, task, probe, drop_reason, stack;
};

/* inv: of the event's file. */
int dims_event(struct dims *dims, struct dims_cache *cache, int64_t capture,
               const struct inventory *inv, const struct nst_block *block,
               const struct nst_event *event, struct dims_rows *rows);

#endif
