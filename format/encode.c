/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/encode_internal.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

static void begin_block(struct encoder *e)
{
    e->events = 0;
    e->ts_ns = 0;
    e->cpu = 0;
    e->expanded = 0;
    e->full = false;
    nst_streams_clear(&e->streams);
    nst_packets_clear(&e->packets);
    nst_states_clear(&e->states);
    nst_block_dicts_next(&e->dicts);
    nst_addresses_clear(&e->skbs);
    nst_chains_clear(&e->chains);
    nst_journeys_clear(&e->journeys);
    memset(e->task_of_cpu, 0, sizeof(e->task_of_cpu));
}

/* Everything at its largest: pages of it that no block uses are never touched. */
static int init(struct encoder *e)
{
    bool failed = nst_streams_init(&e->streams) < 0;

    failed |= nst_packets_init(&e->packets) < 0;
    failed |= nst_states_init(&e->states) < 0;
    failed |= nst_block_dicts_init(&e->dicts) < 0;
    failed |= nst_addresses_init(&e->skbs, STREAM_SKB, STREAM_SKB_ADDRESS) < 0;
    failed |= nst_chains_init(&e->chains) < 0;
    failed |= nst_journeys_init(&e->journeys) < 0;
    e->lz4_state = malloc((size_t)LZ4_sizeofState());
    return failed || !e->lz4_state ? -ENOMEM : 0;
}

int nst_encoder_new(struct encoder **out, uint32_t snaplen)
{
    struct encoder *e = calloc(1, sizeof(*e));

    if (!e)
        return -ENOMEM;
    e->snaplen = snaplen;
    if (init(e) < 0) {
        nst_encoder_free(e);
        return -ENOMEM;
    }
    begin_block(e);
    *out = e;
    return 0;
}

void nst_encoder_free(struct encoder *e)
{
    int i;

    if (!e)
        return;
    nst_streams_free(&e->streams);
    nst_packets_free(&e->packets);
    nst_states_free(&e->states);
    nst_block_dicts_free(&e->dicts);
    nst_addresses_free(&e->skbs);
    nst_chains_free(&e->chains);
    nst_journeys_free(&e->journeys);
    for (i = 0; i < DICT_COLUMNS; i++)
        nst_buffer_free(&e->dict_columns[i]);
    nst_buffer_free(&e->meta);
    free(e->lz4_state);
    free(e);
}

struct dict *nst_encoder_dict(struct encoder *e, enum count_of kind)
{
    return &e->dicts.dicts[kind];
}

uint32_t nst_encoder_events(const struct encoder *e, uint64_t *first_ts_ns)
{
    if (e->events && first_ts_ns)
        *first_ts_ns = e->first_ts_ns;
    return e->events;
}

bool nst_encoder_full(const struct encoder *e)
{
    return e->full;
}

static int make_meta(struct encoder *e)
{
    struct column columns[DICT_COLUMNS + STREAMS + 1];
    const struct buffer *b = e->dict_columns;
    uint8_t scale[VARINT_MAX];
    size_t count = 0;
    int i;

    if (nst_dict_columns(e->dict_columns, e->dicts.dicts, &e->dicts.sites, e->snaplen) < 0)
        return -ENOMEM;
    for (i = COLUMN_COUNTS; i < DICT_COLUMNS; i++)
        columns[count++] = (struct column){.id = (uint16_t)i, .data = b[i].data, .len = b[i].len};
    nst_streams_columns(&e->streams, columns + count);
    count += STREAMS;
    columns[count++] = (struct column){
        .id = COLUMN_JOURNEY_SCALE,
        .data = scale,
        .len = (size_t)(put_varint(scale, e->journeys.scale) - scale),
    };
    return nst_frame_build(&e->meta, columns, count);
}

static int append_frame(struct encoder *e, struct frame_header *f, const uint8_t *plain, size_t len,
                        struct buffer *out)
{
    uint8_t *p = nst_buffer_room(out, nst_frame_bound(len));

    if (!p)
        return -ENOMEM;
    nst_frame_compress(f, plain, len, p, e->lz4_state);
    out->len += f->stored;
    return 0;
}

int nst_encoder_finish(struct encoder *e, struct block_header *h, struct buffer *out)
{
    int ret = make_meta(e);

    if (ret == 0)
        ret = append_frame(e, &h->meta, e->meta.data, e->meta.len, out);
    if (ret == 0)
        ret = append_frame(e, &h->pkt, e->packets.frame, nst_packets_finish(&e->packets), out);
    h->info.events = e->events;
    h->info.first_ts_ns = e->first_ts_ns;
    h->info.last_ts_ns = e->last_ts_ns;
    h->info.netns_bits[0] = e->dicts.netns_bits[0];
    h->info.netns_bits[1] = e->dicts.netns_bits[1];
    h->info.probe_bits = e->dicts.probe_bits;
    h->info.expanded_bytes = e->expanded;
    begin_block(e);
    return ret;
}
