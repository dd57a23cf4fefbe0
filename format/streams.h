/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The columns that a block's events write to as they come. Internal. */
#ifndef NST_FORMAT_STREAMS_H
#define NST_FORMAT_STREAMS_H

#include "format/bytes.h"
#include "format/frame.h"
#include "format/layout.h"

enum stream {
    STREAM_TIME,
    STREAM_CHAIN,
    STREAM_CHANGES,
    STREAM_SITE,
    STREAM_CPU,
    STREAM_TASK,
    STREAM_LENGTH,
    STREAM_CAPLEN,
    STREAM_SKB,
    STREAM_MODE,
    STREAM_JOURNEY_ID,
    STREAM_JOURNEY_TIME,
    STREAM_JOURNEY_HEAD,
    STREAM_SKB_ADDRESS,
    STREAM_HEAD_ADDRESS,
    STREAM_STATE,
    STREAM_STATE_FIELDS, /* and those that follow: one for each field */
    STREAMS = STREAM_STATE_FIELDS + COLUMN_STATE_FLAGS - COLUMN_STATE,
};

/* Each has room for a block's events, at their longest: writing needs no check. */
struct streams {
    uint8_t *start[STREAMS];
    uint8_t *pos[STREAMS];
};

int nst_streams_init(struct streams *s);
void nst_streams_free(struct streams *s);
void nst_streams_clear(struct streams *s);
/* Bytes in all of them. */
size_t nst_streams_size(const struct streams *s);
/* Fills in STREAMS columns. */
void nst_streams_columns(const struct streams *s, struct column *columns);

static inline void stream_put(struct streams *s, enum stream stream, uint64_t v)
{
    s->pos[stream] = put_varint(s->pos[stream], v);
}

#endif
