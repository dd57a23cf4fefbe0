/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/writer.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "format/encode.h"
#include "format/error.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/tables.h"
#include "format/target.h"

struct file {
    struct target target;
    uint8_t salt[NST_SALT_SIZE];
    uint32_t number;   /* of the file in its capture */
    uint64_t sequence; /* of the next block */
    uint32_t previous; /* size of the last block */
};

struct nst_writer {
    struct file file; /* the one being written */
    struct nst_writer_hooks hooks;
    struct encoder *encoder;
    struct buffer out;    /* the block being written */
    struct buffer tables; /* a plain TABLES frame */
    void *lz4_state;

    int64_t realtime_offset_ns;
    uint64_t lost_outside; /* said by nst_writer_lost() */
    struct nst_writer_stats stats;
};

/* -------------------------------------------------------------- open and close */

static int append(struct nst_writer *w, struct file *file, const uint8_t *data, size_t len)
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

static int write_header(struct nst_writer *w, struct file *file, const struct nst_file_info *info,
                        struct nst_error *err)
{
    uint8_t *header;
    size_t len;
    int ret = nst_header_encode(info, &header, &len);

    if (ret < 0)
        return nst_fail(err, ret, "out of memory");
    ret = append(w, file, header, len);
    free(header);
    if (ret < 0)
        return nst_fail(err, ret, "cannot write: %s", strerror(-ret));
    return 0;
}

/* Owns fd, and closes it when this fails. */
static int begin_file(struct nst_writer *w, struct file *file, int fd,
                      const struct nst_file_info *info, struct nst_error *err)
{
    int ret;

    *file = (struct file){.number = info->sequence};
    memcpy(file->salt, info->salt, sizeof(file->salt));
    nst_target_init(&file->target, fd, &w->hooks);
    ret = write_header(w, file, info, err);
    if (ret < 0)
        nst_target_close(&file->target);
    return ret;
}

/* Up to 256 bytes come whole, and wait only for a machine that has just started. */
static int make_salt(uint8_t salt[NST_SALT_SIZE], struct nst_error *err)
{
    int ret;

    if (getrandom(salt, NST_SALT_SIZE, 0) == NST_SALT_SIZE)
        return 0;
    ret = errno ? -errno : -EIO;
    return nst_fail(err, ret, "no random numbers: %s", strerror(-ret));
}

static void free_writer(struct nst_writer *w)
{
    nst_encoder_free(w->encoder);
    nst_buffer_free(&w->out);
    nst_buffer_free(&w->tables);
    free(w->lz4_state);
    free(w);
}

/* With the salt that is in info. */
static int open_writer(struct nst_writer **out, int fd, const struct nst_file_info *info,
                       const struct nst_writer_hooks *hooks, struct nst_error *err)
{
    struct nst_writer *w = calloc(1, sizeof(*w));
    int ret = -ENOMEM;

    if (w) {
        w->hooks = *hooks;
        w->realtime_offset_ns = (int64_t)(info->realtime_ns - info->monotonic_ns);
        w->lz4_state = malloc((size_t)LZ4_sizeofState());
        if (w->lz4_state)
            ret = nst_encoder_new(&w->encoder, info->snaplen);
    }
    if (ret < 0) {
        nst_fail(err, ret, "out of memory");
        close(fd);
    } else {
        ret = begin_file(w, &w->file, fd, info, err);
    }
    if (ret < 0) {
        if (w)
            free_writer(w);
        return ret;
    }
    *out = w;
    return 0;
}

int nst_writer_open_salted(struct nst_writer **w, int fd, const struct nst_file_info *info,
                           struct nst_error *err)
{
    return open_writer(w, fd, info, &(const struct nst_writer_hooks){0}, err);
}

int nst_writer_open_hooked(struct nst_writer **w, int fd, const struct nst_file_info *info,
                           const struct nst_writer_hooks *hooks, struct nst_error *err)
{
    struct nst_file_info salted = *info;
    int ret = make_salt(salted.salt, err);

    if (ret < 0) {
        close(fd);
        return ret;
    }
    return open_writer(w, fd, &salted, hooks, err);
}

int nst_writer_open(struct nst_writer **w, int fd, const struct nst_file_info *info,
                    struct nst_error *err)
{
    return nst_writer_open_hooked(w, fd, info, &(const struct nst_writer_hooks){0}, err);
}

/* ---------------------------------------------------------------- dictionaries */

uint32_t nst_writer_netns(struct nst_writer *w, const struct nst_netns *netns)
{
    const struct dict_key key = {.first = netns->cookie, .second = netns->inum};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_NETNS), &key);
}

uint32_t nst_writer_device(struct nst_writer *w, const struct nst_device *device)
{
    const struct dict_key key = {
        .first = device->netns, .second = device->ifindex, .names = {device->name}};
    const struct dict *netns = nst_encoder_dict(w->encoder, OF_NETNS);

    if (device->netns != NST_NONE && device->netns >= netns->count)
        return NST_NONE;
    return nst_dict_index(nst_encoder_dict(w->encoder, OF_DEVICE), &key);
}

uint32_t nst_writer_task(struct nst_writer *w, const struct nst_task *task)
{
    const struct dict_key key = {.first = task->pid, .second = task->tgid, .names = {task->comm}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_TASK), &key);
}

uint32_t nst_writer_tasks(const struct nst_writer *w)
{
    return nst_encoder_dict(w->encoder, OF_TASK)->count;
}

void nst_writer_forget_tasks(struct nst_writer *w, const uint8_t *kept)
{
    nst_writer_flush(w, NULL);
    nst_dict_forget(nst_encoder_dict(w->encoder, OF_TASK), kept);
}

uint32_t nst_writer_probe(struct nst_writer *w, const struct nst_probe *probe)
{
    const struct dict_key key = {.first = probe->kind, .names = {probe->symbol}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_PROBE), &key);
}

uint32_t nst_writer_drop_reason(struct nst_writer *w, const struct nst_drop_reason *reason)
{
    const struct dict_key key = {.first = reason->number, .names = {reason->subsys, reason->name}};

    return nst_dict_index(nst_encoder_dict(w->encoder, OF_REASON), &key);
}

uint32_t nst_writer_frame(struct nst_writer *w, const struct nst_frame *frame)
{
    struct dict *frames = nst_encoder_dict(w->encoder, OF_FRAME);
    struct dict_key key = {.first = frame->caller, .second = 1, .names = {frame->name}};

    if (frame->caller != NST_NONE) {
        if (frame->caller >= frames->count)
            return NST_NONE;
        key.second += frames->entries[frame->caller].key.second;
    }
    return key.second > NST_MAX_FRAMES ? NST_NONE : nst_dict_index(frames, &key);
}

/* ---------------------------------------------------------------------- blocks */

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

    ret = append(w, &w->file, w->out.data, w->out.len);
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

static int write_tables(struct nst_writer *w, uint16_t type, const struct nst_tables *tables,
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
        return nst_fail(err, -ENOMEM, "out of memory");
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
    int written = write_tables(w, NST_BLOCK_TABLES, tables, ret < 0 ? NULL : err);

    return ret < 0 ? ret : written;
}

/* Writes what ends a file, and closes it. */
static int end_file(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err)
{
    int ret = nst_writer_flush(w, err), end, closed;

    nst_target_end(&w->file.target);
    end = write_tables(w, NST_BLOCK_END, tables, ret < 0 ? NULL : err);
    closed = nst_target_close(&w->file.target);
    if (ret < 0)
        return ret;
    if (end < 0)
        return end;
    if (closed < 0)
        return nst_fail(err, closed, "cannot close: %s", strerror(-closed));
    return 0;
}

int nst_writer_rotate(struct nst_writer *w, int fd, const struct nst_file_info *info,
                      const struct nst_tables *tables, struct nst_error *err)
{
    struct nst_file_info next_info = *info;
    struct file next;
    int ret = make_salt(next_info.salt, err);

    if (ret < 0) {
        close(fd);
        return ret;
    }
    next_info.sequence = w->file.number + 1;
    memcpy(next_info.previous_salt, w->file.salt, sizeof(next_info.previous_salt));
    ret = begin_file(w, &next, fd, &next_info, err);
    if (ret < 0)
        return ret;
    /* What of the old file cannot be written is lost and counted, like any block. */
    end_file(w, tables, NULL);
    w->file = next;
    w->stats.file_bytes = next.target.size;
    return 0;
}

int nst_writer_close(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err)
{
    int ret;

    if (!w)
        return 0;
    ret = end_file(w, tables, err);
    free_writer(w);
    return ret;
}
