/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What later versions may add: optional parts are passed over, critical ones refused by name,
 * and what is needed for META alone is all that is looked at. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/block.h"
#include "format/bytes.h"
#include "format/crc32c.h"
#include "format/frame.h"
#include "format/layout.h"
#include "format/writer.h"
#include "tests/unit/format_sample.h"
#include "tests/unit/tap.h"

enum { EVENTS = 50, LARGEST = 256 * 1024 };

/* One EVENTS block taken apart, and the file that it was in. */
struct parts {
    struct sample sample;
    uint8_t file_header[FILE_FIXED_SIZE + 64];
    size_t file_header_len;
    struct block_header header;
    uint8_t meta[LARGEST], pkt[LARGEST];
    size_t meta_len, pkt_len;
    size_t tail; /* bytes that the block header has more */
};

struct file {
    uint8_t bytes[2 * LARGEST];
    size_t len;
};

static const struct nst_file_info file_info = {.salt = {9, 8, 7}, .snaplen = 64, .hostname = "h"};

static int new_file(void)
{
    int fd = memfd_create("nstrail", MFD_CLOEXEC);

    if (fd < 0) {
        perror("memfd_create");
        exit(99);
    }
    return fd;
}

static void take_apart(struct parts *p)
{
    static uint8_t bytes[LARGEST];
    struct nst_writer *w;
    int fd = new_file();
    size_t at;

    sample_journeys(&p->sample, 31, EVENTS, 64);
    if (nst_writer_open_salted(&w, dup(fd), &file_info, NULL) < 0)
        exit(99);
    sample_write(&p->sample, w);
    nst_writer_close(w, NULL, NULL);
    if (pread(fd, bytes, LARGEST, 0) < FILE_FIXED_SIZE)
        exit(99);
    close(fd);

    at = p->file_header_len = get_le32(bytes + FILE_LENGTH);
    memcpy(p->file_header, bytes, at);
    if (!nst_block_decode(bytes + at, file_info.salt, &p->header))
        exit(99);
    at += p->header.length;
    p->meta_len = p->header.meta.plain;
    p->pkt_len = p->header.pkt.plain;
    if (nst_frame_inflate(&p->header.meta, bytes + at, p->meta, NULL) < 0 ||
        nst_frame_inflate(&p->header.pkt, bytes + at + p->header.meta.stored, p->pkt, NULL) < 0)
        exit(99);
}

/* The header's checksum, after changes to its bytes. */
static void seal_block(uint8_t *p)
{
    put_le32(p + BLOCK_CRC, 0);
    put_le32(p + BLOCK_CRC, nst_crc32c(0, p, get_le16(p + BLOCK_LENGTH)));
}

static void seal_file(uint8_t *p)
{
    size_t len = get_le32(p + FILE_LENGTH);

    put_le32(p + FILE_TLV_CRC, nst_crc32c(0, p + FILE_FIXED_SIZE, len - FILE_FIXED_SIZE));
    put_le32(p + FILE_CRC, nst_crc32c(0, p, FILE_CRC));
}

static struct frame_header stored(const uint8_t *plain, size_t len)
{
    return (struct frame_header){.codec = CODEC_STORED,
                                 .stored = (uint32_t)len,
                                 .plain = (uint32_t)len,
                                 .crc = nst_crc32c(0, plain, len)};
}

/* Answers where its header is. */
static uint8_t *put_block(struct file *f, const struct parts *p, uint64_t sequence)
{
    struct block_header h = p->header;
    uint8_t *at = f->bytes + f->len, *pos = at + BLOCK_FIXED_SIZE + p->tail;

    h.meta = stored(p->meta, p->meta_len);
    h.pkt = stored(p->pkt, p->pkt_len);
    h.info.sequence = sequence;
    nst_block_encode(at, &h);
    memset(at + BLOCK_FIXED_SIZE, 0xee, p->tail);
    put_le16(at + BLOCK_LENGTH, (uint16_t)(BLOCK_FIXED_SIZE + p->tail));
    seal_block(at);
    memcpy(pos, p->meta, p->meta_len);
    memcpy(pos + p->meta_len, p->pkt, p->pkt_len);
    f->len += BLOCK_FIXED_SIZE + p->tail + p->meta_len + p->pkt_len;
    while (f->len % NST_ALIGN)
        f->bytes[f->len++] = 0;
    return at;
}

static void put_header(struct file *f, const struct parts *p)
{
    memcpy(f->bytes, p->file_header, p->file_header_len);
    f->len = p->file_header_len;
}

static struct nst_reader *open_file(const struct file *f, int *ret, struct nst_error *err)
{
    struct nst_reader *r = NULL;
    int fd = new_file();

    if (write(fd, f->bytes, f->len) != (ssize_t)f->len)
        exit(99);
    *ret = nst_reader_fdopen(&r, fd, NULL, err);
    if (*ret < 0)
        close(fd);
    return r;
}

/* All of the sample's events, and no damage. */
static bool reads(const struct parts *p, const struct file *f, unsigned load)
{
    struct nst_damage none = {0};
    struct nst_reader *r;
    bool ok;
    int ret;

    r = open_file(f, &ret, NULL);
    ok = r && sample_compare(&p->sample, r, load) == EVENTS &&
         memcmp(nst_reader_damage(r), &none, sizeof(none)) == 0;
    nst_reader_close(r);
    return ok;
}

static bool one_block_reads(const struct parts *p)
{
    static struct file f;

    put_header(&f, p);
    put_block(&f, p, 0);
    return reads(p, &f, NST_LOAD_PACKETS);
}

/* Adds a column at the end of the META frame's table. */
static void add_column(struct parts *p, uint16_t id, uint8_t encoding, uint8_t flags)
{
    uint32_t count = get_le32(p->meta);
    uint8_t *entry = p->meta + FRAME_HEAD_SIZE + count * FRAME_COLUMN_SIZE;

    memmove(entry + FRAME_COLUMN_SIZE, entry, p->meta_len - (size_t)(entry - p->meta));
    put_le32(p->meta, count + 1);
    put_le16(entry, id);
    entry[2] = encoding;
    entry[3] = flags;
    put_le32(entry + 4, 3);
    p->meta_len += FRAME_COLUMN_SIZE;
    memcpy(p->meta + p->meta_len, "\1\2\3", 3);
    p->meta_len += 3;
}

/* Other bytes for one of the columns: from its byte `from` on. */
static void set_column(struct parts *p, uint16_t id, uint32_t from, const uint8_t *bytes,
                       uint32_t len)
{
    uint8_t *entry = p->meta + FRAME_HEAD_SIZE;
    uint8_t *pos = entry + (size_t)get_le32(p->meta) * FRAME_COLUMN_SIZE;
    uint32_t had;

    for (; get_le16(entry) != id; entry += FRAME_COLUMN_SIZE)
        pos += get_le32(entry + 4);
    had = get_le32(entry + 4) - from;
    pos += from;
    memmove(pos + len, pos + had, p->meta_len - (size_t)(pos + had - p->meta));
    memcpy(pos, bytes, len);
    put_le32(entry + 4, from + len);
    p->meta_len += len - had;
}

/* One trace, of so many functions. How many there are is the last of the counts, one byte. */
static void set_trace(struct parts *p, uint32_t frames)
{
    uint8_t count[VARINT_MAX], callers[1024], names[1024] = {0}, *at = callers;

    set_column(p, COLUMN_COUNTS, COUNTS - 1, count, (uint32_t)(put_varint(count, frames) - count));
    for (uint32_t i = 0; i < frames; i++)
        at = put_varint(at, i);
    set_column(p, COLUMN_FRAME_CALLER, 0, callers, (uint32_t)(at - callers));
    set_column(p, COLUMN_FRAME_NAME, 0, names, frames);
}

/* What loading the first block says, and whether the reader then goes on to the end. */
static int load_says(const struct file *f, struct nst_error *err)
{
    const struct nst_block *block;
    struct nst_reader *r;
    int ret, loaded;

    r = open_file(f, &ret, NULL);
    if (!r || nst_reader_next(r, &block, NULL) != 1)
        return 1;
    loaded = nst_reader_load(r, NST_LOAD_PACKETS, err);
    if (nst_reader_next(r, &block, NULL) != 0)
        loaded = 1;
    nst_reader_close(r);
    return loaded;
}

static void test_columns(struct tap *tap, const struct parts *parts)
{
    static struct parts p;
    static struct file f;
    struct nst_error err = {{0}};

    p = *parts;
    add_column(&p, 31, ENCODING_VARINT, 0);
    add_column(&p, 60000, 77, 0);
    tap_ok(tap, one_block_reads(&p), "unknown columns are passed over");

    p = *parts;
    add_column(&p, 31, ENCODING_VARINT, FRAME_COLUMN_CRITICAL);
    put_header(&f, &p);
    put_block(&f, &p, 0);
    tap_ok(tap, load_says(&f, &err) == -EPROTONOSUPPORT && strstr(err.text, "column 31"),
           "a critical one is refused by its number");

    p = *parts;
    add_column(&p, COLUMN_TIME, ENCODING_ZIGZAG, 0);
    put_header(&f, &p);
    put_block(&f, &p, 0);
    tap_ok(tap, load_says(&f, &err) == -EBADMSG, "a column that comes twice is an error");

    p = *parts;
    p.meta[FRAME_HEAD_SIZE + 2] = 9;
    put_header(&f, &p);
    put_block(&f, &p, 0);
    tap_ok(tap, load_says(&f, &err) == -EPROTONOSUPPORT, "so is an unknown encoding");
}

static void test_traces(struct tap *tap, const struct parts *parts)
{
    static struct parts p;
    static struct file f;

    p = *parts;
    set_trace(&p, NST_MAX_FRAMES);
    put_header(&f, &p);
    put_block(&f, &p, 0);
    tap_ok(tap, load_says(&f, NULL) == 0, "a trace of the most frames");
    p = *parts;
    set_trace(&p, NST_MAX_FRAMES + 1);
    put_header(&f, &p);
    put_block(&f, &p, 0);
    tap_ok(tap, load_says(&f, NULL) == -EBADMSG, "a trace of one more is an error");
}

static void test_blocks(struct tap *tap, const struct parts *parts)
{
    static struct parts p;
    static struct file f;
    const struct nst_block *block;
    struct nst_error err = {{0}};
    struct nst_reader *r;
    uint8_t *at;
    int ret;

    p = *parts;
    p.tail = 40;
    tap_ok(tap, one_block_reads(&p), "a longer block header is read as far as it is known");

    put_header(&f, parts);
    at = put_block(&f, parts, 0);
    put_le16(at + BLOCK_TYPE, 99);
    seal_block(at);
    put_block(&f, parts, 1);
    tap_ok(tap, reads(parts, &f, NST_LOAD_PACKETS), "a block of unknown type is passed over");
    put_le16(at + BLOCK_TYPE, NST_TYPE_CRITICAL | 99);
    seal_block(at);
    r = open_file(&f, &ret, NULL);
    tap_ok(tap,
           nst_reader_next(r, &block, &err) == -EPROTONOSUPPORT && strstr(err.text, "type 99") &&
               nst_reader_next(r, &block, NULL) == -EPROTONOSUPPORT,
           "a critical one stops the reader, by its number");
    nst_reader_close(r);

    put_le16(at + BLOCK_TYPE, NST_TYPE_CRITICAL | NST_BLOCK_EVENTS);
    seal_block(at);
    f.len = (size_t)(at - f.bytes);
    put_block(&f, parts, 0);
    tap_ok(tap, reads(parts, &f, NST_LOAD_PACKETS), "a known one may be called critical");

    at[BLOCK_META_CODEC] = CODEC_ZSTD;
    seal_block(at);
    tap_ok(tap, load_says(&f, &err) == -EPROTONOSUPPORT && strstr(err.text, "zstd"),
           "a codec that is not there is named, and the reader goes on");
}

static void test_file_header(struct tap *tap, const struct parts *parts)
{
    static struct file f;
    uint8_t *tlv = f.bytes + FILE_FIXED_SIZE;
    struct nst_error err = {{0}};
    int ret;

    put_header(&f, parts);
    put_block(&f, parts, 0);
    put_le16(f.bytes + FILE_MINOR, 7);
    put_le32(f.bytes + FILE_COMPATIBLE, 0xfffffffe);
    memset(f.bytes + FILE_RESERVED, 0xaa, FILE_TLV_CRC - FILE_RESERVED);
    put_le16(tlv, 500);
    seal_file(f.bytes);
    tap_ok(tap, reads(parts, &f, NST_LOAD_PACKETS),
           "later minor versions, compatible features and TLVs are ignored");
    put_le16(tlv + 2, TLV_FLAG_CRITICAL);
    seal_file(f.bytes);
    open_file(&f, &ret, &err);
    tap_ok(tap, ret == -EPROTONOSUPPORT && strstr(err.text, "500"), "a critical TLV is refused");
    put_le16(tlv + 2, 0);
    put_le32(f.bytes + FILE_INCOMPATIBLE, 0x10);
    seal_file(f.bytes);
    open_file(&f, &ret, &err);
    tap_ok(tap, ret == -EPROTONOSUPPORT && strstr(err.text, "0x10"),
           "an incompatible feature is refused");
    put_le32(f.bytes + FILE_INCOMPATIBLE, 0);
    put_le16(f.bytes + FILE_MAJOR, 2);
    seal_file(f.bytes);
    open_file(&f, &ret, &err);
    tap_ok(tap, ret == -EPROTONOSUPPORT && strstr(err.text, "2."),
           "another major version is refused");
}

/* What is wrong with the packets concerns only those who ask for them. */
static void test_packets_apart(struct tap *tap, const struct parts *parts)
{
    static struct file f;
    const struct nst_block *block;
    struct nst_reader *r;
    bool ok = true;
    uint32_t i;
    int ret;

    put_header(&f, parts);
    put_block(&f, parts, 0);
    put_block(&f, parts, 1); /* stands behind the first, so that its length is believed */
    f.bytes[parts->file_header_len + BLOCK_FIXED_SIZE + parts->meta_len + 30] ^= 1;
    r = open_file(&f, &ret, NULL);
    ok = nst_reader_next(r, &block, NULL) == 1 && nst_reader_load(r, NST_LOAD_META, NULL) == 0 &&
         nst_reader_damage(r)->bad_blocks == 0;
    tap_ok(tap, ok, "who wants no packets does not read them");
    ok = nst_reader_load(r, NST_LOAD_PACKETS, NULL) == 0 && nst_reader_damage(r)->bad_blocks == 1;
    for (i = 0; i < EVENTS; i++)
        ok &= sample_same_event(&parts->sample, i, block, &block->events[i], false);
    tap_ok(tap, ok, "damaged packets leave their events");
    ok = nst_reader_next(r, &block, NULL) == 1 && nst_reader_load(r, NST_LOAD_PACKETS, NULL) == 0;
    for (i = 0; i < EVENTS; i++)
        ok &= sample_same_event(&parts->sample, i, block, &block->events[i], true);
    tap_ok(tap, ok, "and the next block its packets");
    nst_reader_close(r);
}

int main(void)
{
    static struct parts parts;
    struct tap tap = {0};

    take_apart(&parts);
    tap_ok(&tap, one_block_reads(&parts), "a block taken apart and put together again");
    test_columns(&tap, &parts);
    test_traces(&tap, &parts);
    test_blocks(&tap, &parts);
    test_file_header(&tap, &parts);
    test_packets_apart(&tap, &parts);
    sample_free(&parts.sample);
    return tap_done(&tap);
}
