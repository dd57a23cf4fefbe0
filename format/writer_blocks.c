/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events and tables as the blocks of the writer's file. */
#include "config.h"

#include "format/writer_internal.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"
#include "format/tables.h"

int nst_writer_append(struct nst_writer *w, struct file *file, const uint8_t *data, size_t len)
{
    int ret = nst_target_append(&file->target, data, len);

    if (ret < 0) {
        w->stats.write_error = -ret;
        return ret;
    }
    w->stats.bytes += len;
    w->stats.file_bytes = file->target.size;
    return 0;
}

void nst_writer_clock(struct nst_writer *w, int64_t realtime_offset_ns)
{
    w->realtime_offset_ns = realtime_offset_ns;
}

void nst_writer_lost(struct nst_writer *w, uint64_t lost)
{
    w->lost_outside = lost;
}

uint32_t nst_writer_pending(const struct nst_writer *w, uint64_t *first_ts_ns)
{
    return nst_encoder_events(w->encoder, first_ts_ns);
}

void nst_writer_stats(const struct nst_writer *w, struct nst_writer_stats *stats)
{
    *stats = w->stats;
}

/* Begins w->out with room for the header. */
static int begin_block(struct nst_writer *w)
{
    w->out.len = 0;
    w->out.failed = false;
    if (!nst_buffer_room(&w->out, BLOCK_FIXED_SIZE))
        return -ENOMEM;
    w->out.len = BLOCK_FIXED_SIZE;
    return 0;
}

/* Completes w->out, that has the frames, and writes it. */
static int end_block(struct nst_writer *w, struct block_header *h)
{
    size_t size, padding;
    uint8_t *p;
    int ret;

    memcpy(h->salt, w->file.salt, sizeof(h->salt));
    h->length = BLOCK_FIXED_SIZE;
    h->previous = w->file.previous;
    h->info.sequence = w->file.sequence;
    h->info.realtime_offset_ns = w->realtime_offset_ns;
    h->info.lost = w->lost_outside + w->stats.lost;
    size = (size_t)nst_block_size(h);
    padding = size - w->out.len;
    p = nst_buffer_room(&w->out, padding);
    if (!p)
        return -ENOMEM;
    memset(p, 0, padding);
    w->out.len = size;
    nst_block_encode(w->out.data, h);

    ret = nst_writer_append(w, &w->file, w->out.data, w->out.len);
    if (w->hooks.block)
        w->hooks.block(w->hooks.context, w->out.data, w->out.len);
    if (ret < 0)
        return ret;
    w->file.sequence++;
    w->file.previous = (uint32_t)size;
    w->stats.blocks++;
    return 0;
}

int nst_writer_flush(struct nst_writer *w, struct nst_error *err)
{
    struct block_header h = {.type = NST_BLOCK_EVENTS};
    uint32_t events = nst_encoder_events(w->encoder, NULL);
    int ret;

    if (!events)
        return 0;
    ret = begin_block(w);
    /* Also without memory the encoder must be emptied, or it would stay full for ever. */
    if (nst_encoder_finish(w->encoder, &h, &w->out) < 0)
        ret = -ENOMEM;
    if (ret == 0)
        ret = end_block(w, &h);
    if (w->hooks.flushed)
        w->hooks.flushed(w->hooks.context, ret == 0);
    if (ret < 0) {
        w->stats.lost += events;
        return nst_fail(err, ret, "cannot write: %s", strerror(-ret));
    }
    w->stats.written += events;
    return 0;
}

int nst_writer_event(struct nst_writer *w, const struct nst_event *event, struct nst_error *err)
{
    int ret = nst_encoder_add(w->encoder, event, err);

    if (ret < 0)
        return ret;
    w->stats.events++;
    if (nst_encoder_full(w->encoder))
        nst_writer_flush(w, NULL); /* counts its losses itself */
    return 0;
}

int nst_writer_put_tables(struct nst_writer *w, uint16_t type, const struct nst_tables *tables,
                          struct nst_error *err)
{
    struct block_header h = {.type = type};
    uint64_t ts_ns = tables ? tables->ts_ns : 0;
    uint8_t *p;
    int ret;

    w->tables.len = 0;
    w->tables.failed = false;
    if (tables) {
        ret = nst_tables_encode(tables, &w->tables, err);
        if (ret < 0)
            return ret;
    }
    h.info.first_ts_ns = h.info.last_ts_ns = ts_ns;
    ret = begin_block(w);
    p = ret == 0 ? nst_buffer_room(&w->out, nst_frame_bound(w->tables.len)) : NULL;
    if (!p)
        return nst_fail(err, -ENOMEM, "no memory for the tables");
    nst_frame_compress(&h.meta, w->tables.data, w->tables.len, p, w->lz4_state);
    w->out.len += h.meta.stored;
    ret = end_block(w, &h);
    if (ret < 0)
        return nst_fail(err, ret, "cannot write: %s", strerror(-ret));
    return 0;
}

int nst_writer_tables(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err)
{
    int ret = nst_writer_flush(w, err);
    int written = nst_writer_put_tables(w, NST_BLOCK_TABLES, tables, ret < 0 ? NULL : err);

    return ret < 0 ? ret : written;
}
