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

#include "format/crc32c.h"
#include "format/error.h"
#include "format/layout.h"

int nst_reader_fdopen(struct nst_reader **out, int fd, const struct nst_reader_options *options,
                      struct nst_error *err)
{
    struct nst_reader *r = calloc(1, sizeof(*r));
    int ret;

    if (!r)
        return nst_fail(err, -ENOMEM, "out of memory");
    if (options)
        r->options = *options;
    r->state = 1;
    nst_source_init(&r->source, fd);
    r->content = calloc(1, sizeof(*r->content));
    ret = r->content ? nst_reader_read_header(r, err) : nst_fail(err, -ENOMEM, "out of memory");
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
            return nst_fail(err, ret, "out of memory");
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
                              : nst_fail(&r->failure, -ENOMEM, "out of memory");
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

/* ------------------------------------------------------------------- content */

static int bad_content(struct nst_reader *r, struct nst_error *err, const char *frame, int code,
                       const char *why)
{
    const struct nst_block_info *info = &r->header.info;

    if (code == -EBADMSG)
        nst_reader_bad(r, &r->header, "%s: %s", frame, why);
    return nst_fail(err, code, "block %" PRIu64 " at byte %" PRIu64 ": %s: %s", info->sequence,
                    info->offset, frame, why);
}

/* A frame's stored bytes; NULL: *code and *why say what is wrong with them. */
static const uint8_t *read_frame(struct nst_reader *r, const struct frame_header *f,
                                 uint64_t offset, int *code, struct nst_error *why)
{
    size_t have;
    const uint8_t *p = nst_source_at(&r->source, offset, f->stored, &have);
    uint32_t crc;

    if (!p) {
        *code = nst_fail(why, -ENOMEM, "out of memory");
        return NULL;
    }
    if (have < f->stored) {
        *code = r->source.error ? r->source.error : -EBADMSG;
        nst_fail(why, *code, "%zu of its %u bytes can be read", have, f->stored);
        return NULL;
    }
    crc = nst_crc32c(0, p, have);
    if (crc != f->crc) {
        *code = nst_fail(why, -EBADMSG, "its checksum is %08x, expected %08x", crc, f->crc);
        return NULL;
    }
    return p;
}

static int load_meta(struct nst_reader *r, bool sites_only, struct nst_error *why)
{
    const struct block_header *h = &r->header;
    int code = 0;
    const uint8_t *p = read_frame(r, &h->meta, h->info.offset + h->length, &code, why);

    if (!p)
        return code;
    switch (h->info.type) {
    case NST_BLOCK_EVENTS:
        return nst_decode_events(&r->decoder, r->content, h, p, sites_only, why);
    case NST_BLOCK_TABLES:
    case NST_BLOCK_END:
        return nst_decode_tables(&r->decoder, r->content, h, p, why);
    default:
        return 0;
    }
}

/* Brings both frames in with one read; each is then looked for where it is. */
static void prefetch(struct nst_reader *r)
{
    const struct block_header *h = &r->header;
    size_t have;

    nst_source_at(&r->source, h->info.offset + h->length, (size_t)h->meta.stored + h->pkt.stored,
                  &have);
}

static int load_packets(struct nst_reader *r, struct nst_error *why)
{
    const struct block_header *h = &r->header;
    int code = 0;
    const uint8_t *p =
        read_frame(r, &h->pkt, h->info.offset + h->length + h->meta.stored, &code, why);

    return p ? nst_decode_packets(&r->decoder, r->content, h, p, why) : code;
}

/* All that it asks for or stands for, of what the current block can have. */
static unsigned implied(const struct nst_reader *r, unsigned what)
{
    bool events = r->header.info.type == NST_BLOCK_EVENTS;

    if (events && what & NST_LOAD_PACKETS)
        return NST_LOAD_SITES | NST_LOAD_META | NST_LOAD_PACKETS;
    if (events && what == NST_LOAD_SITES)
        return NST_LOAD_SITES;
    return NST_LOAD_SITES | NST_LOAD_META;
}

int nst_reader_load(struct nst_reader *r, unsigned what, struct nst_error *err)
{
    struct nst_error why = {{0}};
    unsigned wanted;
    int ret;

    if (!r->current)
        return nst_fail(err, -EINVAL, "there is no block to load");
    wanted = implied(r, what);
    if (!(wanted & ~r->loaded))
        return 0;
    r->loaded = 0;
    if (wanted & NST_LOAD_PACKETS)
        prefetch(r);
    ret = load_meta(r, wanted == NST_LOAD_SITES, &why);
    if (ret < 0)
        return bad_content(r, err, "META frame", ret, why.text);
    r->loaded = wanted & ~NST_LOAD_PACKETS;
    if (!(wanted & NST_LOAD_PACKETS))
        return 0;
    ret = load_packets(r, &why);
    if (ret < 0)
        ret = bad_content(r, err, "PKT frame", ret, why.text);
    /* Damage to the packets leaves the events whole, just without bytes. */
    if (ret < 0 && ret != -EBADMSG)
        return ret;
    r->loaded |= NST_LOAD_PACKETS;
    return 0;
}

struct nst_block *nst_reader_take(struct nst_reader *r)
{
    struct content *next, *taken = r->content;

    if (!r->loaded)
        return NULL;
    next = calloc(1, sizeof(*next));
    if (!next)
        return NULL;
    r->content = next;
    r->current = false;
    r->loaded = 0;
    return &taken->block;
}

void nst_block_free(struct nst_block *block)
{
    nst_content_free((struct content *)block);
}

unsigned nst_netns_bit(uint32_t inum)
{
    /* Inums are handed out in small steps: a multiplication spreads them. */
    return inum * 0x9e3779b1u >> 25;
}

unsigned nst_probe_bit(uint32_t kind, const char *symbol)
{
    size_t len = symbol ? strnlen(symbol, NST_MAX_NAME) : 0;

    return (nst_crc32c(0, symbol, len) ^ kind) % 64;
}
