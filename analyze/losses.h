/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When a recorder lost how many events of what, from its counters over time. */
#ifndef NST_ANALYZE_LOSSES_H
#define NST_ANALYZE_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct loss {
    const char *counter;
    const char *probe;                 /* NULL: of all together */
    uint32_t cpu;                      /* NST_NONE: of all together */
    uint64_t since_ts_ns, until_ts_ns; /* in between */
    uint64_t events;
};

struct losses {
    struct loss *list;
    size_t count, room;
};

/* Of one file, from the history of its tables, which stays the owner of all strings. since_ts_ns:
 * what the first tables count was lost after that time; 0: it was lost while earlier files were
 * written. False: no memory. */
bool losses_gather(struct losses *losses, const struct nst_tables *const *history, size_t count,
                   uint64_t since_ts_ns);
/* Adds up what was lost over all times, by counter, probe and CPU. False: no memory. */
bool losses_sum(struct losses *sum, const struct losses *losses);
void losses_free(struct losses *losses);

#endif
