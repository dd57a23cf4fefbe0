/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How the journeys that begin in a block are written: the id of each is foretold from the one that
 * began before it on the same CPU, and only what is otherwise takes up room. Internal.
 */
#ifndef NST_FORMAT_JOURNEYS_H
#define NST_FORMAT_JOURNEYS_H

#include "format/address.h"
#include "format/nstrail.h"

struct journey {
    uint64_t id, ts_ns;
};

/* The writer's side. Zeros are those before the first block. */
struct journeys {
    struct journey last[NST_CPU_SLOTS]; /* that began on a CPU */
    uint64_t scale;                     /* ids grow by this a nanosecond; 0: by one each */
    uint64_t likely_scale, next_scale;  /* as the last foretelling that failed suggests */
    struct addresses heads;
};

int nst_journeys_init(struct journeys *j);
void nst_journeys_free(struct journeys *j);
/* Begins another block. */
void nst_journeys_clear(struct journeys *j);

/* Makes sure that the next nst_journeys_put() has room. 0 or -ENOMEM. */
static inline int nst_journeys_room(struct journeys *j)
{
    return nst_addresses_room(&j->heads);
}

/* Writes the event's journey, which has none before it in the block. */
void nst_journeys_put(struct journeys *j, struct streams *s, const struct nst_event *ev);

#endif
