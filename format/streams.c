/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/streams.h"

#include <errno.h>
#include <stdlib.h>

/* Of those before STREAM_STATE; from there on they are in the order of their columns. */
static const uint16_t columns_of[STREAM_STATE] = {
    [STREAM_TIME] = COLUMN_TIME,
    [STREAM_CHAIN] = COLUMN_CHAIN,
    [STREAM_CHANGES] = COLUMN_CHANGES,
    [STREAM_SITE] = COLUMN_SITE,
    [STREAM_CPU] = COLUMN_CPU,
    [STREAM_TASK] = COLUMN_TASK,
    [STREAM_LENGTH] = COLUMN_LENGTH,
    [STREAM_CAPLEN] = COLUMN_CAPLEN,
    [STREAM_SKB] = COLUMN_SKB,
    [STREAM_MODE] = COLUMN_MODE,
    [STREAM_JOURNEY_ID] = COLUMN_JOURNEY_ID,
    [STREAM_JOURNEY_TIME] = COLUMN_JOURNEY_TIME,
    [STREAM_JOURNEY_HEAD] = COLUMN_JOURNEY_HEAD,
    [STREAM_SKB_ADDRESS] = COLUMN_SKB_ADDRESS,
    [STREAM_HEAD_ADDRESS] = COLUMN_HEAD_ADDRESS,
};

int nst_streams_init(struct streams *s)
{
    int i, ret = 0;

    for (i = 0; i < STREAMS; i++) {
        s->start[i] = malloc((size_t)NST_MAX_EVENTS * VARINT_MAX);
        if (!s->start[i])
            ret = -ENOMEM;
    }
    nst_streams_clear(s);
    return ret;
}

void nst_streams_free(struct streams *s)
{
    int i;

    for (i = 0; i < STREAMS; i++)
        free(s->start[i]);
}

void nst_streams_clear(struct streams *s)
{
    int i;

    for (i = 0; i < STREAMS; i++)
        s->pos[i] = s->start[i];
}

size_t nst_streams_size(const struct streams *s)
{
    size_t size = 0;
    int i;

    for (i = 0; i < STREAMS; i++)
        size += (size_t)(s->pos[i] - s->start[i]);
    return size;
}

static uint16_t column_of(int stream)
{
    return stream < STREAM_STATE ? columns_of[stream]
                                 : (uint16_t)(COLUMN_STATE + stream - STREAM_STATE);
}

void nst_streams_columns(const struct streams *s, struct column *columns)
{
    int i;

    for (i = 0; i < STREAMS; i++)
        columns[i] = (struct column){
            .id = column_of(i), .data = s->start[i], .len = (size_t)(s->pos[i] - s->start[i])};
}
