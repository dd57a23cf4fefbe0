/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reader's first step: the file header, or doing without it. */
#include "config.h"

#include "format/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/error.h"
#include "format/header.h"
#include "format/layout.h"

/* No file header: any block that is whole will do, and its salt is the file's. why is what
 * was wrong with the header, *err its words. */
static int open_without_header(struct nst_reader *r, int why, struct nst_error *err)
{
    struct block_header h;
    uint64_t offset = r->options.begin;

    switch (nst_recover_search(&r->source, &offset, NULL, &h)) {
    case FOUND_BLOCK:
        break;
    case FOUND_NO_MEMORY:
        return nst_fail(err, -ENOMEM, "no memory to search the file");
    default:
        return why;
    }
    memset(&r->file, 0, sizeof(r->file));
    memcpy(r->salt, h.salt, sizeof(r->salt));
    memcpy(r->file.salt, h.salt, sizeof(r->file.salt));
    r->damage.bad_header = 1;
    r->damage.skipped_bytes += offset - r->options.begin;
    r->position = r->unpadded = offset;
    nst_reader_warn(r, "%s; the first whole block is at byte %" PRIu64, err->text, offset);
    return 0;
}

static int take_tlvs(struct nst_reader *r, size_t length, struct nst_error *err)
{
    struct block_header h;
    size_t have;
    uint64_t begin = r->options.begin;
    const uint8_t *p = nst_source_at(&r->source, begin, length, &have);
    int ret;

    if (!p)
        return nst_fail(err, -ENOMEM, "no memory for the file header");
    r->position = r->unpadded = begin + length;
    if (have < length) {
        r->damage.bad_header = 1;
        r->damage.torn_bytes += have;
        r->position = r->unpadded = begin + have;
        nst_reader_warn(r, "the file header is cut: %zu of %zu bytes", have, length);
        return 0;
    }
    ret = nst_header_decode_tlvs(p, p + FILE_FIXED_SIZE, length - FILE_FIXED_SIZE, &r->file,
                                 &r->strings, err);
    if (ret != -EBADMSG)
        return ret;
    r->damage.bad_header = 1;
    nst_reader_warn(r, "%s; they are left out", err->text);
    /* Bytes may have gone or come, so that the first block is not where it was. */
    if (nst_recover_header(&r->source, begin + length, r->salt, &h) != FOUND_BLOCK)
        r->position = r->unpadded = begin + FILE_FIXED_SIZE;
    return 0;
}

int nst_reader_read_header(struct nst_reader *r, struct nst_error *err)
{
    struct nst_error words = {{0}};
    size_t have, length;
    const uint8_t *p = nst_source_at(&r->source, r->options.begin, FILE_FIXED_SIZE, &have);
    int ret;

    if (!err)
        err = &words;
    if (!p)
        return nst_fail(err, -ENOMEM, "no memory for the file header");
    if (!have && r->source.error)
        return nst_fail(err, r->source.error, "cannot read: %s", strerror(-r->source.error));
    if (!have)
        return nst_fail(err, -ENODATA, "the file is empty");
    if (memcmp(p, NST_FILE_MAGIC, have < NST_MAGIC_SIZE ? have : NST_MAGIC_SIZE) == 0 &&
        have < FILE_FIXED_SIZE)
        return nst_fail(err, -ENODATA, "the file header is cut: %zu of %u bytes", have,
                        FILE_FIXED_SIZE);
    if (have < FILE_FIXED_SIZE)
        return nst_fail(err, -EMEDIUMTYPE, "not an nstrail file: it begins with other bytes");

    ret = nst_header_decode_fixed(p, &r->file, &length, err);
    if (ret == -EMEDIUMTYPE || ret == -EBADMSG)
        return open_without_header(r, ret, err);
    if (ret < 0)
        return ret;
    memcpy(r->salt, r->file.salt, sizeof(r->salt));
    return take_tlvs(r, length, err);
}
