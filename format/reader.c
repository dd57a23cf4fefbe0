/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/bytes.h"
#include "format/crc32c.h"
#include "format/decode.h"
#include "format/error.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/recover.h"
#include "format/source.h"

/* Checking the frames of blocks that turn out bad may cost this much, and so many times the
 * file: a hostile file of headers alone would otherwise have each of them checksum megabytes. */
#define CHECKED_IN_VAIN_MIN   (64u * 1024 * 1024)
#define CHECKED_IN_VAIN_TIMES 16u

struct nst_reader {
    struct source source;
    struct nst_reader_options options;

    struct nst_file_info file;
    char *strings; /* of file */
    uint8_t salt[NST_SALT_SIZE];

    struct nst_damage damage;
    struct gaps gaps;
    struct offsets duplicates; /* left out, also when they are met again after a seek */
    struct offsets bad;        /* reported */
    uint64_t checked_in_vain;

    uint64_t position; /* where the next block should be */
    uint64_t unpadded; /* where it may be at the earliest: the padding may be what is missing */
    uint64_t frontier; /* damage before here was reported */
    int state;         /* 1: reading; else what nst_reader_next() answers for good */
    struct nst_error failure;

    struct block_header header; /* of the current block */
    bool current;
    unsigned loaded;
    struct block_header ahead; /* of the one after, when known */
    bool ahead_known;

    struct decoder decoder;
    struct content *content;
};

__attribute__((format(printf, 2, 3))) static void warn(struct nst_reader *r, const char *format,
                                                       ...)
{
    struct nst_error text;
    va_list args;

    if (!r->options.warn)
        return;
    va_start(args, format);
    vsnprintf(text.text, sizeof(text.text), format, args);
    va_end(args);
    r->options.warn(r->options.context, text.text);
}

/* -------------------------------------------------------------- file header */

/* No file header: any block that is whole will do, and its salt is the file's. why is what
 * was wrong with the header, *err its words. */
static int open_without_header(struct nst_reader *r, int why, struct nst_error *err)
{
    struct block_header h;
    uint64_t offset = 0;

    switch (nst_recover_search(&r->source, &offset, NULL, &h)) {
    case FOUND_BLOCK:
        break;
    case FOUND_NO_MEMORY:
        return nst_fail(err, -ENOMEM, "out of memory");
    default:
        return why;
    }
    memset(&r->file, 0, sizeof(r->file));
    memcpy(r->salt, h.salt, sizeof(r->salt));
    r->damage.bad_header = 1;
    r->damage.skipped_bytes += offset;
    r->position = r->unpadded = offset;
    warn(r, "%s; the first whole block is at byte %" PRIu64, err->text, offset);
    return 0;
}

static int take_tlvs(struct nst_reader *r, size_t length, struct nst_error *err)
{
    struct block_header h;
    size_t have;
    const uint8_t *p = nst_source_at(&r->source, 0, length, &have);
    int ret;

    if (!p)
        return nst_fail(err, -ENOMEM, "out of memory");
    r->position = r->unpadded = length;
    if (have < length) {
        r->damage.bad_header = 1;
        r->damage.torn_bytes += have;
        r->position = r->unpadded = have;
        warn(r, "the file header is cut: %zu of %zu bytes", have, length);
        return 0;
    }
    ret = nst_header_decode_tlvs(p, p + FILE_FIXED_SIZE, length - FILE_FIXED_SIZE, &r->file,
                                 &r->strings, err);
    if (ret != -EBADMSG)
        return ret;
    r->damage.bad_header = 1;
    warn(r, "%s; they are left out", err->text);
    /* Bytes may have gone or come, so that the first block is not where it was. */
    if (nst_recover_header(&r->source, length, r->salt, &h) != FOUND_BLOCK)
        r->position = r->unpadded = FILE_FIXED_SIZE;
    return 0;
}

static int open_header(struct nst_reader *r, struct nst_error *err)
{
    struct nst_error words = {{0}};
    size_t have, length;
    const uint8_t *p = nst_source_at(&r->source, 0, FILE_FIXED_SIZE, &have);
    int ret;

    if (!err)
        err = &words;
    if (!p)
        return nst_fail(err, -ENOMEM, "out of memory");
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
    ret = r->content ? open_header(r, err) : nst_fail(err, -ENOMEM, "out of memory");
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

bool nst_reader_seekable(const struct nst_reader *r)
{
    return r->source.seekable;
}

/* ------------------------------------------------------------------- damage */

__attribute__((format(printf, 3, 4))) static void report_bad(struct nst_reader *r,
                                                             const struct block_header *h,
                                                             const char *format, ...)
{
    struct nst_error text;
    va_list args;

    if (nst_offsets_has(&r->bad, h->info.offset))
        return;
    nst_offsets_add(&r->bad, h->info.offset);
    r->damage.bad_blocks++;
    va_start(args, format);
    vsnprintf(text.text, sizeof(text.text), format, args);
    va_end(args);
    warn(r, "block %" PRIu64 " at byte %" PRIu64 ": %s", h->info.sequence, h->info.offset,
         text.text);
}

static void report_skipped(struct nst_reader *r, uint64_t from, uint64_t to)
{
    if (from < r->frontier || from >= to)
        return;
    r->damage.skipped_bytes += to - from;
    warn(r, "%" PRIu64 " bytes from byte %" PRIu64 " on belong to no block", to - from, from);
}

/* What stands between the last block and the file's end is the beginning of one, as far as
 * it goes, or something else. */
static void report_tail(struct nst_reader *r, uint64_t from, uint64_t to, bool torn)
{
    if (!torn) {
        report_skipped(r, from, to);
    } else if (from >= r->frontier && from < to) {
        r->damage.torn_bytes += to - from;
        warn(r, "the block at byte %" PRIu64 " is cut: the file ends after %" PRIu64 " bytes of it",
             from, to - from);
    }
}

/* Takes note of a block's place in the sequence; false: it is one too many. */
static bool note_sequence(struct nst_reader *r, const struct block_header *h)
{
    uint64_t sequence = h->info.sequence, expected = r->gaps.next;

    if (h->info.offset < r->frontier)
        return !nst_offsets_has(&r->duplicates, h->info.offset);
    switch (nst_gaps_note(&r->gaps, sequence)) {
    case SEQUENCE_GAP:
        warn(r, "%" PRIu64 " blocks are missing before byte %" PRIu64 ": block %" PRIu64
             ", expected %" PRIu64, sequence - expected, h->info.offset, sequence, expected);
        break;
    case SEQUENCE_LATE:
        warn(r, "block %" PRIu64 " at byte %" PRIu64 " stands out of order", sequence,
             h->info.offset);
        break;
    case SEQUENCE_AGAIN:
        r->damage.duplicates++;
        nst_offsets_add(&r->duplicates, h->info.offset);
        warn(r, "block %" PRIu64 " at byte %" PRIu64 " was there before: left out", sequence,
             h->info.offset);
        return false;
    default:
        break;
    }
    r->damage.lost_blocks = r->gaps.missing;
    return true;
}

/* ------------------------------------------------------------------- walking */

/* Looks for the next block from `from` on, and reports what lies between r->position and it.
 * 1: r->position is there. 0: the end. */
static int search_from(struct nst_reader *r, uint64_t from, bool torn)
{
    uint64_t offset = from;
    struct block_header h;

    switch (nst_recover_search(&r->source, &offset, r->salt, &h)) {
    case FOUND_BLOCK:
        report_skipped(r, r->position, offset);
        r->position = r->unpadded = offset;
        r->ahead = h;
        r->ahead_known = true;
        return 1;
    case FOUND_NO_MEMORY:
        return -ENOMEM;
    default:
        report_tail(r, r->position, offset, torn);
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

static void say_other_file(struct nst_reader *r)
{
    struct nst_file_info other;
    size_t have, length;
    const uint8_t *p = nst_source_at(&r->source, r->position, FILE_FIXED_SIZE, &have);

    if (p && have == FILE_FIXED_SIZE && r->position >= r->frontier &&
        nst_header_decode_fixed(p, &other, &length, NULL) == 0)
        warn(r, "another capture file begins at byte %" PRIu64 ": split them to read it",
             r->position);
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

    if (r->checked_in_vain > CHECKED_IN_VAIN_MIN &&
        r->checked_in_vain / CHECKED_IN_VAIN_TIMES > r->position)
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

/* 1: r->header is the next block that stands. 0: the end. */
static int find_block(struct nst_reader *r)
{
    struct block_header h;
    enum found found;
    int ret;

    for (;;) {
        nst_source_release(&r->source, r->unpadded);
        found = FOUND_BLOCK;
        if (r->ahead_known && r->ahead.info.offset == r->position)
            h = r->ahead;
        else
            found = nst_recover_header(&r->source, r->position, r->salt, &h);
        r->ahead_known = false;
        switch (found) {
        case FOUND_BLOCK:
            ret = block_stands(r, &h);
            break;
        case FOUND_END:
            return 0;
        case FOUND_NO_MEMORY:
            return -ENOMEM;
        default:
            say_other_file(r);
            ret = search_from(r, r->unpadded, begins_block(r));
            if (ret <= 0)
                return ret;
            continue;
        }
        if (ret == 1) {
            r->header = h;
            r->position = h.info.offset + h.info.size;
            r->unpadded = h.info.offset + nst_block_unpadded(&h);
            return 1;
        }
        if (ret == 0)
            report_bad(r, &h, "its checksum is wrong and no block follows where it should end");
        else if (ret != -ENODATA)
            return ret;
        ret = search_from(r, r->position + 1, ret == -ENODATA);
        if (ret <= 0)
            return ret;
    }
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
        ret = find_block(r);
        if (ret == -ENOMEM)
            return nst_fail(err, ret, "out of memory");
        if (ret == 0 && r->source.error)
            return nst_fail(err, r->source.error, "cannot read at byte %" PRIu64 ": %s",
                            r->position, strerror(-r->source.error));
        if (ret == 0 && r->frontier < r->position)
            r->frontier = r->position;
        if (ret <= 0)
            return ret;
        wanted = note_sequence(r, h);
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
        report_bad(r, &r->header, "%s: %s", frame, why);
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

static int load_meta(struct nst_reader *r, struct nst_error *why)
{
    const struct block_header *h = &r->header;
    int code = 0;
    const uint8_t *p = read_frame(r, &h->meta, h->info.offset + h->length, &code, why);

    if (!p)
        return code;
    switch (h->info.type) {
    case NST_BLOCK_EVENTS:
        return nst_decode_events(&r->decoder, r->content, h, p, why);
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

int nst_reader_load(struct nst_reader *r, unsigned what, struct nst_error *err)
{
    struct nst_error why = {{0}};
    bool packets = what & NST_LOAD_PACKETS && r->header.info.type == NST_BLOCK_EVENTS;
    int ret;

    if (!r->current)
        return nst_fail(err, -EINVAL, "there is no block to load");
    if (r->loaded & NST_LOAD_PACKETS || (r->loaded && !packets))
        return 0;
    r->loaded = 0;
    if (packets)
        prefetch(r);
    ret = load_meta(r, &why);
    if (ret < 0)
        return bad_content(r, err, "META frame", ret, why.text);
    r->loaded = NST_LOAD_META;
    if (!packets)
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
    return (nst_crc32c(0, symbol, strnlen(symbol, NST_MAX_NAME)) ^ kind) % 64;
}
