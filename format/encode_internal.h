/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the encoder share: encode.c and encode_event.c. Internal. */
#ifndef NST_FORMAT_ENCODE_INTERNAL_H
#define NST_FORMAT_ENCODE_INTERNAL_H

#include "format/address.h"
#include "format/block_dicts.h"
#include "format/chains.h"
#include "format/encode.h"
#include "format/journeys.h"
#include "format/packets.h"
#include "format/state.h"
#include "format/streams.h"

struct encoder {
    uint32_t snaplen;
    uint32_t events;                  /* in the open block, as all that follows */
    uint64_t first_ts_ns, last_ts_ns; /* lowest and highest */
    uint64_t ts_ns;                   /* of the event before */
    uint32_t cpu;                     /* of the event before */
    uint64_t expanded;
    bool full;

    struct streams streams;
    struct packets packets;
    struct states states;
    struct block_dicts dicts;
    struct addresses skbs;
    struct chains chains;
    struct journeys journeys;
    uint32_t task_of_cpu[NST_CPU_SLOTS]; /* writer's index + 1 */

    struct buffer dict_columns[DICT_COLUMNS];
    struct buffer meta;
    void *lz4_state;
};

#endif
