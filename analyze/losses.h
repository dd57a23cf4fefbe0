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

/* Of one file, by the history of its tables, which stays the owner of all strings. since_ts_ns:
 * what its first tables count was lost since then; 0: in other files. False: no memory. */
bool losses_gather(struct losses *losses, const struct nst_tables *const *history, size_t count,
                   uint64_t since_ts_ns);
/* The same, all times together. False: no memory. */
bool losses_sum(struct losses *sum, const struct losses *losses);
void losses_free(struct losses *losses);

#endif
