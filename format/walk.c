/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From block to block, over whatever is damaged. */
#include "config.h"

#include "format/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/header.h"
#include "format/layout.h"

/* Looks for the next block from `from` on, and reports what lies between r->position and it.
 * 1: r->position is there. 0: the end. */
static int search_from(struct nst_reader *r, uint64_t from, bool torn)
{
    uint64_t offset = from;
    struct block_header h;

    switch (nst_recover_search(&r->source, &offset, r->salt, &h)) {
    case FOUND_BLOCK:
        nst_reader_skipped(r, r->position, offset);
        r->position = r->unpadded = offset;
        r->ahead = h;
        r->ahead_known = true;
        return 1;
    case FOUND_NO_MEMORY:
        return -ENOMEM;
    case FOUND_ENDLESS:
        nst_reader_skipped(r, r->position, offset);
        nst_reader_warn(r, "it is not read beyond byte %" PRIu64, offset);
        r->position = r->unpadded = offset;
        return 0;
    default:
        nst_reader_tail(r, r->position, offset, torn);
        r->position = r->unpadded = offset;
        return 0;
    }
}

/* The bytes at r->position are no header. Those of one that is cut? */
static bool begins_block(struct nst_reader *r)
{
    uint8_t key[NST_MAGIC_SIZE + NST_SALT_SIZE];
    size_t have;
    const uint8_t *p = nst_source_at(&r->source, r->position, BLOCK_FIXED_SIZE, &have);

    memcpy(key, NST_BLOCK_MAGIC, NST_MAGIC_SIZE);
    memcpy(key + NST_MAGIC_SIZE, r->salt, NST_SALT_SIZE);
    return p && have && have < BLOCK_FIXED_SIZE &&
           memcmp(p, key, have < sizeof(key) ? have : sizeof(key)) == 0;
}

/* Files that were joined: what stands behind the END of one is the header of another. Only there:
 * in the middle of a damaged file it could be what a packet brought. */
static bool other_file_begins(struct nst_reader *r)
{
    struct nst_file_info other;
    size_t have, length;
    const uint8_t *p = nst_source_at(&r->source, r->position, FILE_FIXED_SIZE, &have);

    return p && have == FILE_FIXED_SIZE && r->damage.ended &&
           nst_header_decode_fixed(p, &other, &length, NULL) == 0 &&
           memcmp(other.salt, r->salt, sizeof(r->salt)) != 0;
}

/* Whether the other file can be left to another reader. */
static bool end_before_other(struct nst_reader *r)
{
    if (r->source.seekable)
        r->next_file = r->position;
    else if (r->position >= r->frontier)
        nst_reader_warn(r, "another capture begins at byte %" PRIu64 ": to read it too, save both",
                        r->position);
    return r->source.seekable;
}

/* 1: a header or the end follows the block h, as it must. 0: neither does. -ENODATA: the file
 * ends within it; where it ends within the padding, nothing is missing. */
static int followed(struct nst_reader *r, const struct block_header *h)
{
    uint64_t last = h->info.offset + nst_block_unpadded(h) - 1;
    size_t have;
    const uint8_t *p = nst_source_at(&r->source, last, NST_ALIGN + BLOCK_FIXED_SIZE, &have);

    if (!p)
        return -ENOMEM;
    if (!have)
        return -ENODATA;
    switch (nst_recover_header(&r->source, h->info.offset + h->info.size, r->salt, &r->ahead)) {
    case FOUND_BLOCK:
        r->ahead_known = true;
        return 1;
    case FOUND_END:
        return 1;
    case FOUND_NO_MEMORY:
        return -ENOMEM;
    default:
        return 0;
    }
}

/* As nst_recover_check(), within the bounds that hostile files need. */
static int check_frames(struct nst_reader *r, const struct block_header *h)
{
    int ret;

    if (!nst_recover_worth(r->checked_in_vain, r->position))
        return 0;
    ret = nst_recover_check(&r->source, h->info.offset, h);
    if (ret == 0)
        r->checked_in_vain += h->info.size;
    return ret;
}

/*
 * 1: the block at r->position, whose header is h, ends where it says, so that its content is
 * its own affair. 0: bytes are missing from it or have come in between, and what follows is
 * not where its length says. -ENODATA: the file ends before.
 *
 * What follows proves a file's block; a pipe has its content at hand, while waiting for what
 * follows would keep a live capture one block behind.
 */
static int block_stands(struct nst_reader *r, const struct block_header *h)
{
    int ret = r->source.seekable ? followed(r, h) : check_frames(r, h);

    if (ret != 0)
        return ret;
    return r->source.seekable ? check_frames(r, h) : followed(r, h);
}

/* What is at r->position: perhaps a header that was read already, as what follows another block. */
static enum found header_here(struct nst_reader *r, struct block_header *h)
{
    bool known = r->ahead_known && r->ahead.info.offset == r->position;

    r->ahead_known = false;
    if (!known)
        return nst_recover_header(&r->source, r->position, r->salt, h);
    *h = r->ahead;
    return FOUND_BLOCK;
}

/* As block_stands(). With 1 the block is the reader's, which goes on behind it; with 0 it is
 * reported as damaged. */
static int take_block(struct nst_reader *r, const struct block_header *h)
{
    int ret = block_stands(r, h);

    if (ret == 1) {
        r->header = *h;
        r->position = h->info.offset + h->info.size;
        r->unpadded = h->info.offset + nst_block_unpadded(h);
    } else if (ret == 0) {
        nst_reader_bad(r, h, "its checksum is wrong and no block follows where it should end");
    }
    return ret;
}

int nst_reader_find(struct nst_reader *r)
{
    struct block_header h;
    int ret;

    do {
        nst_source_release(&r->source, r->unpadded);
        switch (header_here(r, &h)) {
        case FOUND_BLOCK:
            ret = take_block(r, &h);
            if (ret != 0 && ret != -ENODATA)
                return ret;
            ret = search_from(r, r->position + 1, ret == -ENODATA);
            break;
        case FOUND_END:
            return 0;
        case FOUND_NO_MEMORY:
            return -ENOMEM;
        default:
            if (other_file_begins(r) && end_before_other(r))
                return 0;
            ret = search_from(r, r->unpadded, begins_block(r));
            break;
        }
    } while (ret > 0);
    return ret;
}
