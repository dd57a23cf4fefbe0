/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/error.h"
#include "format/layout.h"

int nst_reader_fdopen(struct nst_reader **out, int fd, const struct nst_reader_options *options,
                      struct nst_error *err)
{
    struct nst_reader *r = calloc(1, sizeof(*r));
    int ret;

    if (!r)
        return nst_fail(err, -ENOMEM, "no memory for a reader");
    if (options)
        r->options = *options;
    r->state = 1;
    nst_source_init(&r->source, fd);
    r->content = calloc(1, sizeof(*r->content));
    ret = r->content ? nst_reader_read_header(r, err)
                     : nst_fail(err, -ENOMEM, "no memory for a reader");
    if (ret < 0) {
        r->source.fd = -1;
        nst_reader_close(r);
        return ret;
    }
    *out = r;
    return 0;
}

int nst_reader_open(struct nst_reader **r, const char *path,
                    const struct nst_reader_options *options, struct nst_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    int ret;

    if (fd < 0) {
        ret = -errno;
        return nst_fail(err, ret, "cannot open: %s", strerror(-ret));
    }
    ret = nst_reader_fdopen(r, fd, options, err);
    if (ret < 0)
        close(fd);
    return ret;
}

void nst_reader_close(struct nst_reader *r)
{
    if (!r)
        return;
    if (r->source.fd >= 0)
        close(r->source.fd);
    nst_source_free(&r->source);
    nst_gaps_free(&r->gaps);
    nst_offsets_free(&r->duplicates);
    nst_offsets_free(&r->bad);
    nst_decoder_free(&r->decoder);
    nst_content_free(r->content);
    free(r->strings);
    free(r);
}

const struct nst_file_info *nst_reader_file(const struct nst_reader *r)
{
    return &r->file;
}

const struct nst_damage *nst_reader_damage(const struct nst_reader *r)
{
    return &r->damage;
}

uint64_t nst_reader_next_file(const struct nst_reader *r)
{
    return r->next_file;
}

bool nst_reader_seekable(const struct nst_reader *r)
{
    return r->source.seekable;
}

bool nst_reader_ready(const struct nst_reader *r, int timeout_ms)
{
    struct pollfd fd = {.fd = r->source.fd, .events = POLLIN};

    return r->source.seekable || r->source.ended ||
           nst_source_at_hand(&r->source, r->position) > 0 || poll(&fd, 1, timeout_ms) != 0;
}

static bool known_type(uint32_t type)
{
    return type >= NST_BLOCK_EVENTS && type <= NST_BLOCK_INDEX;
}

static int next_block(struct nst_reader *r, struct nst_error *err)
{
    const struct block_header *h = &r->header;
    bool wanted;
    int ret;

    for (;;) {
        ret = nst_reader_find(r);
        if (ret == -ENOMEM)
            return nst_fail(err, ret, "no memory for a block");
        if (ret == 0 && r->source.error)
            return nst_fail(err, r->source.error, "cannot read at byte %" PRIu64 ": %s",
                            r->position, strerror(-r->source.error));
        if (ret == 0 && r->frontier < r->position)
            r->frontier = r->position;
        if (ret <= 0)
            return ret;
        wanted = nst_reader_note(r, h);
        if (wanted && !known_type(h->info.type) && h->type & NST_TYPE_CRITICAL)
            return nst_fail(err, -EPROTONOSUPPORT,
                            "block %" PRIu64 " at byte %" PRIu64
                            ": type %u is critical and unknown to this version",
                            h->info.sequence, h->info.offset, h->info.type);
        if (r->frontier < r->position)
            r->frontier = r->position;
        if (wanted && known_type(h->info.type))
            return 1;
    }
}

int nst_reader_next(struct nst_reader *r, const struct nst_block **block, struct nst_error *err)
{
    r->current = false;
    r->loaded = 0;
    if (r->state == 1) {
        if (!r->content)
            r->content = calloc(1, sizeof(*r->content));
        r->state = r->content ? next_block(r, &r->failure)
                              : nst_fail(&r->failure, -ENOMEM, "no memory for a block");
    }
    if (r->state <= 0) {
        if (r->state < 0)
            nst_fail(err, r->state, "%s", r->failure.text);
        return r->state;
    }
    nst_content_clear(r->content);
    r->content->block.info = r->header.info;
    if (r->header.info.type == NST_BLOCK_END)
        r->damage.ended = true;
    r->current = true;
    *block = &r->content->block;
    return 1;
}

int nst_reader_seek(struct nst_reader *r, uint64_t offset, struct nst_error *err)
{
    if (!r->source.seekable)
        return nst_fail(err, -ESPIPE, "cannot go back in a pipe");
    r->position = r->unpadded = offset;
    r->ahead_known = false;
    r->source.error = 0;
    r->current = false;
    r->state = 1;
    return 0;
}
