/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "tests/fuzz/corpus.h"

#include <errno.h>
#include <stdlib.h>

#include "format/crc32c.h"
#include "format/header.h"
#include "tests/fuzz/fuzz.h"

/* One that is not known, and that no later version takes soon. */
enum { UNKNOWN_COLUMN = 0xf000 };

static const struct nst_file_info file_info = {
    .salt = {1, 2, 3, 4, 5, 6, 7, 8}, .snaplen = 64, .hostname = "host"};

static void append(struct buffer *b, const uint8_t *data, size_t len)
{
    uint8_t *p = nst_buffer_room(b, len);

    if (!p)
        abort();
    if (len)
        memcpy(p, data, len);
    b->len += len;
}

static struct corpus_column *add(struct corpus_frame *f, uint16_t id, const uint8_t *bytes,
                                 size_t len)
{
    const struct column known = {.id = id < NST_COLUMN_IDS ? id : 0};
    uint8_t table[FRAME_HEAD_SIZE + FRAME_COLUMN_SIZE];
    struct corpus_column *c = &f->columns[f->count++];

    nst_frame_put_table(table, &known, 1);
    *c = (struct corpus_column){.id = id, .encoding = table[FRAME_HEAD_SIZE + 2]};
    append(&c->bytes, bytes, len);
    c->claimed = (uint32_t)len;
    f->claimed = f->count;
    return c;
}

/* Replaces the column's bytes, or adds it. */
static struct corpus_column *set(struct corpus_frame *f, uint16_t id, const uint8_t *bytes,
                                 size_t len)
{
    uint32_t i;

    for (i = 0; i < f->count; i++) {
        if (f->columns[i].id != id)
            continue;
        f->columns[i].bytes.len = 0;
        append(&f->columns[i].bytes, bytes, len);
        f->columns[i].claimed = (uint32_t)len;
        return &f->columns[i];
    }
    return add(f, id, bytes, len);
}

static void free_frame(struct corpus_frame *f)
{
    uint32_t i;

    for (i = 0; i < f->count; i++)
        nst_buffer_free(&f->columns[i].bytes);
    f->count = f->claimed = 0;
}

#define BYTES(...)          (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define SET(frame, id, ...) set(&(frame), id, BYTES(__VA_ARGS__))
/* 2^32 - 1, 2^32, 2^64 - 1; and one that needs more than 64 bits. */
#define VARINT_U32_MAX 0xff, 0xff, 0xff, 0xff, 0x0f
#define VARINT_2_TO_32 0x80, 0x80, 0x80, 0x80, 0x10
#define VARINT_U64_MAX 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
#define VARINT_TOO_BIG 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02
#define VARINT_ENDLESS 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00

/* Two events of one packet of 20 bytes, the second one the same again. */
static void make_good(struct corpus_block *b)
{
    static const uint8_t packet[20] = "a packet of 20 bytes";

    b->header.type = NST_BLOCK_EVENTS;
    b->header.info.events = 2;
    b->header.info.expanded_bytes = 40;
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 1, 1);
    SET(b->meta, COLUMN_SNAPLEN, 64);
    SET(b->meta, COLUMN_NETNS_INUM, 0x81, 0x01);
    SET(b->meta, COLUMN_DEVICE_NETNS, 1);
    SET(b->meta, COLUMN_DEVICE_NAME, 5, 'e', 't', 'h', '0');
    SET(b->meta, COLUMN_TASK_PID, 7);
    SET(b->meta, COLUMN_TASK_COMM, 3, 's', 'h');
    SET(b->meta, COLUMN_PROBE_KIND, 1);
    SET(b->meta, COLUMN_PROBE_SYMBOL, 4, 'n', ':', 'p');
    SET(b->meta, COLUMN_SITE_NETNS, 1);
    SET(b->meta, COLUMN_SITE_DEVICE, 1);
    SET(b->meta, COLUMN_TIME, 20, 2);
    SET(b->meta, COLUMN_CHAIN, 0, 1);
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, 0);
    SET(b->meta, COLUMN_TASK, 1);
    SET(b->meta, COLUMN_LENGTH, 12); /* zigzag of 20 - 14 */
    set(&b->pkt, COLUMN_PACKET_FULL, packet, sizeof(packet));
}

static void nothing(struct corpus_block *b)
{
    (void)b;
}

static void unknown_column(struct corpus_block *b)
{
    add(&b->meta, UNKNOWN_COLUMN, BYTES(1, 2, 3));
    add(&b->meta, 0xffff, BYTES(4));
    add(&b->pkt, UNKNOWN_COLUMN, BYTES(5));
}

static void more_counts(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 1, 1, 0, 9, 9);
}

static void unknown_type(struct corpus_block *b)
{
    b->header.type = 77;
}

static void patch_of_nothing(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, CHANGE_MODE);
    SET(b->meta, COLUMN_MODE, MODE_PATCH);
    SET(b->pkt, COLUMN_PACKET_PATCH, 1, 20, 0); /* up to the packet's very end */
}

static void longest_name(struct corpus_block *b)
{
    uint8_t name[2 + NST_MAX_NAME] = {0x80, 0x02}; /* 256 */

    memset(name + 2, 'x', NST_MAX_NAME);
    set(&b->meta, COLUMN_PROBE_SYMBOL, name, sizeof(name));
}

static void critical_column(struct corpus_block *b)
{
    add(&b->meta, UNKNOWN_COLUMN, BYTES(1))->flags = FRAME_COLUMN_CRITICAL;
}

static void critical_packet_column(struct corpus_block *b)
{
    add(&b->pkt, UNKNOWN_COLUMN, BYTES(1))->flags = FRAME_COLUMN_CRITICAL;
}

static void critical_type(struct corpus_block *b)
{
    b->header.type = 77 | NST_TYPE_CRITICAL;
}

static void encoding(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20, 2)->encoding = 9;
}

static void zstd(struct corpus_block *b)
{
    b->header.meta.codec = CODEC_ZSTD;
}

static void codec(struct corpus_block *b)
{
    b->header.meta.codec = 200;
}

static void counts_huge(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, VARINT_U64_MAX, 1, 1, 1, 1, 1);
}

static void counts_many(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 0x81, 0x80, 0x08, 1, 1, 1); /* NST_MAX_ENTRIES + 1 */
}

static void counts_of_nothing(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 0x80, 0x80, 0x08, 1); /* NST_MAX_ENTRIES */
}

static void no_sites(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 1, 0);
}

static void no_probes(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 0, 1, 1);
}

static void varint_too_big(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20, VARINT_TOO_BIG);
}

static void varint_endless(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20, VARINT_ENDLESS);
}

static void varint_cut(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20, 0x80);
}

static void column_short(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20);
}

static void column_long(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TIME, 20, 2, 2);
}

static void column_twice(struct corpus_block *b)
{
    add(&b->meta, COLUMN_TIME, BYTES(20, 2));
}

static void column_beyond(struct corpus_block *b)
{
    add(&b->meta, COLUMN_CPU, BYTES(0))->claimed = UINT32_MAX;
}

static void columns_many(struct corpus_block *b)
{
    b->meta.claimed = NST_MAX_COLUMNS + 1;
}

static void columns_cut(struct corpus_block *b)
{
    b->meta.claimed = NST_MAX_COLUMNS;
}

static void name_long(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TASK_COMM, 0x81, 0x02, 'x'); /* 256 bytes */
}

static void name_beyond(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TASK_COMM, VARINT_U64_MAX, 'x');
}

static void name_cut(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TASK_COMM, 9, 'x');
}

static void inum_wide(struct corpus_block *b)
{
    SET(b->meta, COLUMN_NETNS_INUM, VARINT_2_TO_32);
}

static void index_device(struct corpus_block *b)
{
    SET(b->meta, COLUMN_SITE_DEVICE, 2);
}

static void index_device_netns(struct corpus_block *b)
{
    SET(b->meta, COLUMN_DEVICE_NETNS, 2);
}

static void index_probe(struct corpus_block *b)
{
    SET(b->meta, COLUMN_SITE_PROBE, 1);
}

static void index_reason(struct corpus_block *b)
{
    SET(b->meta, COLUMN_SITE_REASON, VARINT_U32_MAX);
}

static void index_stack(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 1, 1, 1);
    SET(b->meta, COLUMN_FRAME_NAME, 2, 'f');
    SET(b->meta, COLUMN_SITE_STACK, 2);
}

/* A trace without an end. */
static void frame_calls_itself(struct corpus_block *b)
{
    SET(b->meta, COLUMN_COUNTS, 1, 1, 1, 1, 1, 1, 1);
    SET(b->meta, COLUMN_FRAME_NAME, 2, 'f');
    SET(b->meta, COLUMN_FRAME_CALLER, 1);
    SET(b->meta, COLUMN_SITE_STACK, 1);
}

static void index_site(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK | CHANGE_SITE, 0);
    SET(b->meta, COLUMN_SITE, 1);
}

static void index_task(struct corpus_block *b)
{
    SET(b->meta, COLUMN_TASK, 2);
}

static void index_address(struct corpus_block *b)
{
    SET(b->meta, COLUMN_SKB, 1);
}

static void back_before_block(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHAIN, 0, 2);
}

static void back_far(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHAIN, 0, VARINT_U64_MAX);
}

static void continues_untracked(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, CHANGE_UNTRACKED);
}

static void journey_zero(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_TASK, 0);
    SET(b->meta, COLUMN_JOURNEY_ID, 1); /* -1 */
}

static void length_negative(struct corpus_block *b)
{
    SET(b->meta, COLUMN_LENGTH, 29); /* -15 */
}

static void length_huge(struct corpus_block *b)
{
    SET(b->meta, COLUMN_LENGTH, VARINT_U64_MAX);
}

static void caplen_over_length(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK | CHANGE_CAPLEN, 0);
    SET(b->meta, COLUMN_CAPLEN, 21);
}

static void caplen_over_limit(struct corpus_block *b)
{
    SET(b->meta, COLUMN_SNAPLEN, VARINT_U32_MAX);
    SET(b->meta, COLUMN_LENGTH, 0x80, 0x80, 0x10); /* 131072 */
}

static void mode_unknown(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, CHANGE_MODE);
    SET(b->meta, COLUMN_MODE, 4);
}

static void mode_same_first(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK | CHANGE_MODE, 0);
    SET(b->meta, COLUMN_MODE, MODE_SAME);
}

static void expanded_less(struct corpus_block *b)
{
    b->header.info.expanded_bytes = 39;
}

/* One packet of 65535 bytes, and 65535 times the same: 4 GiB of 64 KiB. */
static void same_bomb(struct corpus_block *b)
{
    static const uint8_t packet[NST_MAX_SNAPLEN];
    static uint8_t chain[NST_MAX_EVENTS], changes[NST_MAX_EVENTS], time[NST_MAX_EVENTS];

    memset(chain + 1, 1, sizeof(chain) - 1);
    changes[0] = CHANGE_UNTRACKED | CHANGE_TASK;
    b->header.info.events = NST_MAX_EVENTS;
    b->header.info.expanded_bytes = NST_MAX_EXPANDED;
    SET(b->meta, COLUMN_SNAPLEN, 0xff, 0xff, 0x03);
    SET(b->meta, COLUMN_LENGTH, 0xe2, 0xff, 0x07); /* zigzag of 65535 - 14 */
    set(&b->meta, COLUMN_CHAIN, chain, sizeof(chain));
    set(&b->meta, COLUMN_CHANGES, changes, sizeof(changes));
    set(&b->meta, COLUMN_TIME, time, sizeof(time));
    set(&b->pkt, COLUMN_PACKET_FULL, packet, sizeof(packet));
}

static void same_longer(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, CHANGE_LENGTH);
    SET(b->meta, COLUMN_LENGTH, 12, 2);
    b->header.info.expanded_bytes = 41;
}

static void packet_cut(struct corpus_block *b)
{
    SET(b->pkt, COLUMN_PACKET_FULL, 'c', 'u', 't');
}

static void patched(struct corpus_block *b)
{
    SET(b->meta, COLUMN_CHANGES, CHANGE_UNTRACKED | CHANGE_TASK, CHANGE_MODE);
    SET(b->meta, COLUMN_MODE, MODE_PATCH);
}

static void patch_beyond(struct corpus_block *b)
{
    patched(b);
    SET(b->pkt, COLUMN_PACKET_PATCH, 1, 20, 1, 'x');
}

static void patch_skips_far(struct corpus_block *b)
{
    patched(b);
    SET(b->pkt, COLUMN_PACKET_PATCH, 1, VARINT_U64_MAX, 1, 'x');
}

static void patch_writes_far(struct corpus_block *b)
{
    patched(b);
    SET(b->pkt, COLUMN_PACKET_PATCH, 1, 1, VARINT_U64_MAX, 'x');
}

static void patch_endless(struct corpus_block *b)
{
    patched(b);
    SET(b->pkt, COLUMN_PACKET_PATCH, VARINT_U64_MAX);
}

static void events_many(struct corpus_block *b)
{
    b->header.info.events = NST_MAX_EVENTS + 1;
}

/* All that is needed for as many of the same event as there may be, in a few bytes. */
static void events_of_nothing(struct corpus_block *b)
{
    free_frame(&b->meta);
    free_frame(&b->pkt);
    b->header.info.events = NST_MAX_EVENTS;
    b->header.info.expanded_bytes = 0;
    SET(b->meta, COLUMN_COUNTS, 0, 0, 0, 1, 0, 1);
}

static void expanded_many(struct corpus_block *b)
{
    b->header.info.expanded_bytes = NST_MAX_EXPANDED + 1;
}

static void plain_large(struct corpus_block *b)
{
    b->header.meta.codec = CODEC_LZ4;
    b->plain = NST_MAX_PLAIN + 1;
}

static void plain_ratio(struct corpus_block *b)
{
    b->header.meta.codec = CODEC_LZ4;
    b->plain = NST_MAX_PLAIN;
}

static void lz4_malformed(struct corpus_block *b)
{
    b->header.meta.codec = CODEC_LZ4;
}

static void as_tables(struct corpus_block *b)
{
    b->header.type = NST_BLOCK_TABLES;
    b->header.info.events = 0;
    b->header.info.expanded_bytes = 0;
    free_frame(&b->meta);
    free_frame(&b->pkt);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, 1);
    SET(b->meta, COLUMN_COUNTER_NAME, 2, 'c');
    SET(b->meta, COLUMN_COUNTER_KNOWN, 1);
}

static void tables_many(struct corpus_block *b)
{
    as_tables(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0x80, 0x80, 0x40, 1); /* 2^20, the limit */
}

static void tables_huge(struct corpus_block *b)
{
    as_tables(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, VARINT_U64_MAX);
}

/* One process with one text, in one namespace. */
static void inventory(struct corpus_block *b)
{
    as_tables(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, 1, 1, 1, 0, 1, 0, 0, 0);
    SET(b->meta, COLUMN_TEXT, 2, 'x');
    SET(b->meta, COLUMN_SPACE_INUM, 7);
    SET(b->meta, COLUMN_PROCESS_NETNS, 1);
    SET(b->meta, COLUMN_PROCESS_EXE, 1);
}

static void inventory_many(struct corpus_block *b)
{
    inventory(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, 1, 1, 1, 0, 0x80, 0x80, 0x10, 0, 0, 0);
}

/* Each kind within the limit, all together not. */
static void inventory_huge(struct corpus_block *b)
{
    inventory(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, 1, 1, 1, 1, 0x80, 0x80, 0x10, 0, 0, 0x80, 0x80, 0x10);
}

static void inventory_no_text(struct corpus_block *b)
{
    inventory(b);
    SET(b->meta, COLUMN_PROCESS_EXE, 2);
}

static void inventory_no_netns(struct corpus_block *b)
{
    inventory(b);
    SET(b->meta, COLUMN_PROCESS_NETNS, 2);
}

static void inventory_long_address(struct corpus_block *b)
{
    inventory(b);
    SET(b->meta, COLUMN_TABLES_COUNTS, 0, 1, 1, 1, 0, 1, 0, 0, 1);
    SET(b->meta, COLUMN_ADDRESS_NETNS, 1);
    SET(b->meta, COLUMN_ADDRESS_ADDRESS, 34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33);
}

static void critical_tables_column(struct corpus_block *b)
{
    as_tables(b);
    critical_column(b);
}

static void tables_name_cut(struct corpus_block *b)
{
    as_tables(b);
    SET(b->meta, COLUMN_COUNTER_NAME, 9, 'c');
}

#define READ(name, make)                                                                           \
    {                                                                                              \
        "good-" name, make, CORPUS_READ, 0                                                         \
    }
#define LACKS(name, make)                                                                          \
    {                                                                                              \
        "unsupported-" name, make, CORPUS_REFUSED, -EPROTONOSUPPORT                                \
    }
#define REFUSED(name, make)                                                                        \
    {                                                                                              \
        "bad-" name, make, CORPUS_REFUSED, -EBADMSG                                                \
    }
#define NO_BYTES(name, make)                                                                       \
    {                                                                                              \
        "bad-" name, make, CORPUS_NO_BYTES, 0                                                      \
    }
#define NO_BLOCK(name, make)                                                                       \
    {                                                                                              \
        "bad-" name, make, CORPUS_NO_BLOCK, 0                                                      \
    }

const struct corpus_case corpus_cases[] = {
    READ("plain", nothing),
    READ("column-unknown", unknown_column),
    READ("counts-more", more_counts),
    READ("type-unknown", unknown_type),
    READ("patch-of-nothing", patch_of_nothing),
    READ("name-longest", longest_name),
    READ("tables", as_tables),
    READ("inventory", inventory),
    LACKS("column-critical", critical_column),
    LACKS("column-critical-packets", critical_packet_column),
    LACKS("column-critical-tables", critical_tables_column),
    LACKS("encoding", encoding),
    LACKS("codec-zstd", zstd),
    LACKS("codec-unknown", codec),
    {"unsupported-type-critical", critical_type, CORPUS_STOPPED, -EPROTONOSUPPORT},
    REFUSED("counts-huge", counts_huge),
    REFUSED("counts-many", counts_many),
    REFUSED("counts-of-nothing", counts_of_nothing),
    REFUSED("no-sites", no_sites),
    REFUSED("no-probes", no_probes),
    REFUSED("varint-too-big", varint_too_big),
    REFUSED("varint-endless", varint_endless),
    REFUSED("varint-cut", varint_cut),
    REFUSED("column-short", column_short),
    REFUSED("column-long", column_long),
    REFUSED("column-twice", column_twice),
    REFUSED("column-beyond", column_beyond),
    REFUSED("columns-many", columns_many),
    REFUSED("columns-cut", columns_cut),
    REFUSED("name-long", name_long),
    REFUSED("name-beyond", name_beyond),
    REFUSED("name-cut", name_cut),
    REFUSED("inum-wide", inum_wide),
    REFUSED("index-device", index_device),
    REFUSED("index-device-netns", index_device_netns),
    REFUSED("index-probe", index_probe),
    REFUSED("index-reason", index_reason),
    REFUSED("index-stack", index_stack),
    REFUSED("frame-calls-itself", frame_calls_itself),
    REFUSED("index-site", index_site),
    REFUSED("index-task", index_task),
    REFUSED("index-address", index_address),
    REFUSED("back-before-block", back_before_block),
    REFUSED("back-far", back_far),
    REFUSED("continues-untracked", continues_untracked),
    REFUSED("journey-zero", journey_zero),
    REFUSED("length-negative", length_negative),
    REFUSED("length-huge", length_huge),
    REFUSED("caplen-over-length", caplen_over_length),
    REFUSED("caplen-over-limit", caplen_over_limit),
    REFUSED("mode-unknown", mode_unknown),
    REFUSED("mode-same-first", mode_same_first),
    REFUSED("expanded-less", expanded_less),
    REFUSED("same-bomb", same_bomb),
    REFUSED("events-of-nothing", events_of_nothing),
    REFUSED("lz4-malformed", lz4_malformed),
    REFUSED("tables-many", tables_many),
    REFUSED("tables-huge", tables_huge),
    REFUSED("tables-name-cut", tables_name_cut),
    REFUSED("inventory-many", inventory_many),
    REFUSED("inventory-huge", inventory_huge),
    REFUSED("inventory-no-text", inventory_no_text),
    REFUSED("inventory-no-netns", inventory_no_netns),
    REFUSED("inventory-long-address", inventory_long_address),
    NO_BYTES("same-longer", same_longer),
    NO_BYTES("packet-cut", packet_cut),
    NO_BYTES("patch-beyond", patch_beyond),
    NO_BYTES("patch-skips-far", patch_skips_far),
    NO_BYTES("patch-writes-far", patch_writes_far),
    NO_BYTES("patch-endless", patch_endless),
    NO_BLOCK("events-many", events_many),
    NO_BLOCK("expanded-many", expanded_many),
    NO_BLOCK("plain-large", plain_large),
    NO_BLOCK("plain-ratio", plain_ratio),
};

const size_t corpus_count = sizeof(corpus_cases) / sizeof(corpus_cases[0]);

static void put_frame(const struct corpus_frame *f, struct buffer *out)
{
    uint8_t head[FRAME_COLUMN_SIZE];
    uint32_t i;

    if (!f->count)
        return;
    put_le32(head, f->claimed);
    append(out, head, FRAME_HEAD_SIZE);
    for (i = 0; i < f->count; i++) {
        put_le16(head, f->columns[i].id);
        head[2] = f->columns[i].encoding;
        head[3] = f->columns[i].flags;
        put_le32(head + 4, f->columns[i].claimed);
        append(out, head, FRAME_COLUMN_SIZE);
    }
    for (i = 0; i < f->count; i++)
        append(out, f->columns[i].bytes.data, f->columns[i].bytes.len);
}

static void put_block(struct corpus_block *b, uint64_t sequence, struct buffer *out)
{
    static const uint8_t zeros[NST_ALIGN];
    uint8_t header[BLOCK_FIXED_SIZE];
    struct buffer meta = {0}, pkt = {0};
    struct block_header *h = &b->header;

    put_frame(&b->meta, &meta);
    put_frame(&b->pkt, &pkt);
    memcpy(h->salt, file_info.salt, sizeof(h->salt));
    h->length = BLOCK_FIXED_SIZE;
    h->info.sequence = sequence;
    h->meta.stored = (uint32_t)meta.len;
    h->meta.plain = b->plain ? b->plain : h->meta.stored;
    h->meta.crc = nst_crc32c(0, meta.data, meta.len);
    h->pkt.stored = h->pkt.plain = (uint32_t)pkt.len;
    h->pkt.crc = nst_crc32c(0, pkt.data, pkt.len);
    nst_block_encode(header, h);
    append(out, header, sizeof(header));
    append(out, meta.data, meta.len);
    append(out, pkt.data, pkt.len);
    append(out, zeros, (size_t)(nst_block_size(h) - nst_block_unpadded(h)));
    nst_buffer_free(&meta);
    nst_buffer_free(&pkt);
}

static void put_input(const struct corpus_block *b, struct buffer *out)
{
    uint8_t head[FUZZ_HEAD_SIZE];

    put_le16(head + FUZZ_EVENTS, (uint16_t)(b->header.info.events - 1));
    put_le32(head + FUZZ_EXPANDED, (uint32_t)b->header.info.expanded_bytes);
    put_le32(head + FUZZ_META_LENGTH, b->header.meta.stored);
    append(out, head, sizeof(head));
    put_frame(&b->meta, out);
    put_frame(&b->pkt, out);
}

void corpus_make(const struct corpus_case *c, struct buffer *out, struct buffer *frames)
{
    struct corpus_block b;
    uint8_t *header;
    uint64_t i;
    size_t len;

    if (nst_header_encode(&file_info, &header, &len) < 0)
        abort();
    append(out, header, len);
    free(header);
    for (i = 0; i < CORPUS_BLOCKS; i++) {
        b = (struct corpus_block){0};
        make_good(&b);
        if (i == CORPUS_QUESTIONED)
            c->make(&b);
        if (i == CORPUS_BLOCKS - 1) {
            free_frame(&b.meta);
            free_frame(&b.pkt);
            b = (struct corpus_block){.header.type = NST_BLOCK_END};
        }
        put_block(&b, i, out);
        if (i == CORPUS_QUESTIONED && frames)
            put_input(&b, frames);
        free_frame(&b.meta);
        free_frame(&b.pkt);
    }
}
