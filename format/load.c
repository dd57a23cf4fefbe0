/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The content of the reader's current block. */
#include "config.h"

#include "format/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "format/crc32c.h"
#include "format/error.h"

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
        *code = nst_fail(why, -ENOMEM, "no memory for its %u bytes", f->stored);
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
