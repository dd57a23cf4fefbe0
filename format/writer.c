/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The writer's files: one after the other, each begun with its header and closed with its END. */
#include "config.h"

#include "format/writer_internal.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "format/error.h"
#include "format/header.h"

static int write_header(struct nst_writer *w, struct file *file, const struct nst_file_info *info,
                        struct nst_error *err)
{
    uint8_t *header;
    size_t len;
    int ret = nst_header_encode(info, &header, &len);

    if (ret < 0)
        return nst_fail(err, ret, "no memory for the file header");
    ret = nst_writer_append(w, file, header, len);
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
        nst_fail(err, ret, "no memory for a writer");
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

/* Writes what ends a file, and closes it. */
static int end_file(struct nst_writer *w, const struct nst_tables *tables, struct nst_error *err)
{
    int ret = nst_writer_flush(w, err), end, closed;

    nst_target_end(&w->file.target);
    end = nst_writer_put_tables(w, NST_BLOCK_END, tables, ret < 0 ? NULL : err);
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
