/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lz4.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/encode.h"
#include "format/error.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/tables.h"

struct nst_writer {
    int fd;
    struct nst_writer_hooks hooks;
    bool seekable;
    int given_up; /* negative errno: no more is written */
    uint64_t start; /* offset in fd at which our file begins */
    uint64_t size;  /* of our file: its last whole block ends there */
    uint8_t salt[NST_SALT_SIZE];

    struct encoder *encoder;
    struct buffer out;    /* the block being written */
    struct buffer tables; /* a plain TABLES frame */
    void *lz4_state;

    uint64_t sequence;
    uint32_t previous; /* size of the last block */
    int64_t realtime_offset_ns;
    uint64_t lost_outside; /* said by nst_writer_lost() */
    struct nst_writer_stats stats;
};

/* ---------------------------------------------------------------------- I/O */

static int wait_for_room(struct nst_writer *w)
{
    struct pollfd room = {.fd = w->fd, .events = POLLOUT};

    if (w->given_up)
        return w->given_up;
    if (poll(&room, 1, w->hooks.wait ? 0 : -1) > 0 || !w->hooks.wait)
        return 0;
    w->given_up = w->hooks.wait(w->hooks.context, w->fd);
    return w->given_up;
}

/* A pipe that has room takes PIPE_BUF bytes at once (pipe(7)): so no write waits for its reader,
 * without O_NONBLOCK, which whoever shares the pipe with us would get too. */
static ssize_t write_some(struct nst_writer *w, const uint8_t *data, size_t len, uint64_t offset)
{
    int ret;

    if (w->seekable)
        return pwrite(w->fd, data, len, (off_t)offset);
    ret = wait_for_room(w);
    if (ret < 0) {
        errno = -ret;
        return -1;
    }
    return write(w->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
}

/* Writes all or fails; what a failure leaves behind is the caller's to cut off. */
static int write_all(struct nst_writer *w, const uint8_t *data, size_t len)
{
    uint64_t offset = w->start + w->size;

    while (len) {
        ssize_t n = write_some(w, data, len, offset);

        /* Somebody else who has the pipe open may have made it non-blocking, or filled it. */
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return -errno;
        if (!n)
            return -EIO;
        data += n;
        len -= (size_t)n;
        offset += (size_t)n;
    }
    return 0;
}

/* After a failed write: back to the last whole block. A pipe cannot be cut; its reader finds
 * the next block by its magic. Nor is it an error when cutting fails: the next block, at the
 * same place, overwrites what is there. */
static int write_or_cut(struct nst_writer *w, const uint8_t *data, size_t len)
{
    int ret = write_all(w, data, len);

    if (ret == 0) {
        w->size += len;
        w->stats.bytes = w->size;
        return 0;
    }
    w->stats.write_error = -ret;
    if (w->seekable && ftruncate(w->fd, (off_t)(w->start + w->size)) < 0)
        return ret;
    return ret;
}

/* A regular file is written at offsets of our own, so that a failed write can be repeated at
 * the same place. One opened for appending puts everything at its end anyway. */
static void look_at_file(struct nst_writer *w)
{
    struct stat st;
    off_t at = lseek(w->fd, 0, SEEK_CUR);
    int flags = fcntl(w->fd, F_GETFL);

    if (fstat(w->fd, &st) < 0 || !S_ISREG(st.st_mode) || at < 0 || flags < 0)
        return;
    w->seekable = true;
    w->start = (uint64_t)(flags & O_APPEND ? st.st_size : at);
}

/* -------------------------------------------------------------- open and close */

static int write_header(struct nst_writer *w, const struct nst_file_info *info,
                        struct nst_error *err)
{
    uint8_t *header;
    size_t len;
    int ret = nst_header_encode(info, &header, &len);

    if (ret < 0)
        return nst_fail(err, ret, "out of memory");
    ret = write_or_cut(w, header, len);
    free(header);
    if (ret < 0)
        return nst_fail(err, ret, "cannot write: %s", strerror(-ret));
    return 0;
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
        w->fd = fd;
        w->hooks = *hooks;
        memcpy(w->salt, info->salt, sizeof(w->salt));
        w->realtime_offset_ns = (int64_t)(info->realtime_ns - info->monotonic_ns);
        w->lz4_state = malloc((size_t)LZ4_sizeofState());
        if (w->lz4_state)
            ret = nst_encoder_new(&w->encoder, info->snaplen);
    }
    if (ret < 0) {
        nst_fail(err, ret, "out of memory");
    } else {
        look_at_file(w);
        ret = write_header(w, info, err);
    }
    if (ret < 0) {
        if (w)
            free_writer(w);
        close(fd);
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
    int ret;

    /* Up to 256 bytes come whole, and wait only for a machine that has just started. */
    if (getrandom(salted.salt, sizeof(salted.salt), 0) != sizeof(salted.salt)) {
        ret = errno ? -errno : -EIO;
        close(fd);
        return nst_fail(err, ret, "no random numbers: %s", strerror(-ret));
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

    memcpy(h->salt, w->salt, sizeof(h->salt));
    h->length = BLOCK_FIXED_SIZE;
    h->previous = w->previous;
    h->info.sequence = w->sequence;
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

    ret = write_or_cut(w, w->out.data, w->out.len);
    if (ret < 0)
        return ret;
    w->sequence++;
    w->previous = (uint32_t)size;
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

int nst_writer_close(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err)
{
    int ret, end;

    if (!w)
        return 0;
    ret = nst_writer_flush(w, err);
    end = write_tables(w, NST_BLOCK_END, tables, ret < 0 ? NULL : err);
    if (ret == 0)
        ret = end;
    /* What is written to the same descriptor after us, by a shell's next command, follows. */
    if (w->seekable)
        lseek(w->fd, (off_t)(w->start + w->size), SEEK_SET);
    if (close(w->fd) < 0 && ret == 0) {
        ret = -errno;
        nst_fail(err, ret, "cannot close: %s", strerror(errno));
    }
    free_writer(w);
    return ret;
}
