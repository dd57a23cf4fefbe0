/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/block.h"

#include <string.h>

#include "format/bytes.h"
#include "format/crc32c.h"

static uint32_t header_crc(const uint8_t *p, size_t len)
{
    static const uint8_t zeros[4];
    uint32_t crc = nst_crc32c(0, p, BLOCK_CRC);

    crc = nst_crc32c(crc, zeros, sizeof(zeros));
    return nst_crc32c(crc, p + BLOCK_CRC + 4, len - BLOCK_CRC - 4);
}

void nst_block_encode(uint8_t *p, const struct block_header *h)
{
    memset(p, 0, BLOCK_FIXED_SIZE);
    memcpy(p + BLOCK_MAGIC, NST_BLOCK_MAGIC, NST_MAGIC_SIZE);
    memcpy(p + BLOCK_SALT, h->salt, NST_SALT_SIZE);
    put_le16(p + BLOCK_LENGTH, BLOCK_FIXED_SIZE);
    put_le16(p + BLOCK_TYPE, h->type);
    p[BLOCK_META_CODEC] = h->meta.codec;
    p[BLOCK_PKT_CODEC] = h->pkt.codec;
    put_le64(p + BLOCK_SEQUENCE, h->info.sequence);
    put_le32(p + BLOCK_PREVIOUS, h->previous);
    put_le32(p + BLOCK_EVENTS, h->info.events);
    put_le32(p + BLOCK_META_STORED, h->meta.stored);
    put_le32(p + BLOCK_META_PLAIN, h->meta.plain);
    put_le32(p + BLOCK_PKT_STORED, h->pkt.stored);
    put_le32(p + BLOCK_PKT_PLAIN, h->pkt.plain);
    put_le32(p + BLOCK_META_CRC, h->meta.crc);
    put_le32(p + BLOCK_PKT_CRC, h->pkt.crc);
    put_le32(p + BLOCK_EXPANDED, (uint32_t)h->info.expanded_bytes);
    put_le64(p + BLOCK_FIRST_TS, h->info.first_ts_ns);
    put_le64(p + BLOCK_LAST_TS, h->info.last_ts_ns);
    put_le64(p + BLOCK_REALTIME_OFFSET, (uint64_t)h->info.realtime_offset_ns);
    put_le64(p + BLOCK_LOST, h->info.lost);
    put_le64(p + BLOCK_NETNS_BITS, h->info.netns_bits[0]);
    put_le64(p + BLOCK_NETNS_BITS + 8, h->info.netns_bits[1]);
    put_le64(p + BLOCK_PROBE_BITS, h->info.probe_bits);
    put_le32(p + BLOCK_CRC, header_crc(p, BLOCK_FIXED_SIZE));
}

size_t nst_block_header_length(const uint8_t *p)
{
    uint16_t len = get_le16(p + BLOCK_LENGTH);

    if (memcmp(p, NST_BLOCK_MAGIC, NST_MAGIC_SIZE) != 0)
        return 0;
    if (len < BLOCK_FIXED_SIZE || len > NST_MAX_BLOCK_HEADER || len % NST_ALIGN != 0)
        return 0;
    return len;
}

/* Stored may exceed plain a little: a codec's worst case. */
static bool frame_within_limits(const struct frame_header *f)
{
    return f->plain <= NST_MAX_PLAIN && f->stored <= NST_MAX_PLAIN + NST_MAX_PLAIN / 128 &&
           (f->codec != CODEC_STORED || f->stored == f->plain) &&
           f->plain <= (uint64_t)f->stored * NST_LZ4_RATIO + NST_LZ4_SLACK;
}

static void decode_frames(const uint8_t *p, struct block_header *h)
{
    h->meta = (struct frame_header){
        .codec = p[BLOCK_META_CODEC],
        .stored = get_le32(p + BLOCK_META_STORED),
        .plain = get_le32(p + BLOCK_META_PLAIN),
        .crc = get_le32(p + BLOCK_META_CRC),
    };
    h->pkt = (struct frame_header){
        .codec = p[BLOCK_PKT_CODEC],
        .stored = get_le32(p + BLOCK_PKT_STORED),
        .plain = get_le32(p + BLOCK_PKT_PLAIN),
        .crc = get_le32(p + BLOCK_PKT_CRC),
    };
}

static void decode_info(const uint8_t *p, struct nst_block_info *info)
{
    *info = (struct nst_block_info){
        .type = get_le16(p + BLOCK_TYPE) & ~NST_TYPE_CRITICAL,
        .events = get_le32(p + BLOCK_EVENTS),
        .sequence = get_le64(p + BLOCK_SEQUENCE),
        .first_ts_ns = get_le64(p + BLOCK_FIRST_TS),
        .last_ts_ns = get_le64(p + BLOCK_LAST_TS),
        .realtime_offset_ns = (int64_t)get_le64(p + BLOCK_REALTIME_OFFSET),
        .lost = get_le64(p + BLOCK_LOST),
        .netns_bits = {get_le64(p + BLOCK_NETNS_BITS), get_le64(p + BLOCK_NETNS_BITS + 8)},
        .probe_bits = get_le64(p + BLOCK_PROBE_BITS),
        .expanded_bytes = get_le32(p + BLOCK_EXPANDED),
    };
}

bool nst_block_decode(const uint8_t *p, const uint8_t *salt, struct block_header *h)
{
    size_t len = nst_block_header_length(p);

    if (!len || (salt && memcmp(p + BLOCK_SALT, salt, NST_SALT_SIZE) != 0) ||
        get_le32(p + BLOCK_CRC) != header_crc(p, len))
        return false;

    memset(h, 0, sizeof(*h));
    memcpy(h->salt, p + BLOCK_SALT, NST_SALT_SIZE);
    h->length = (uint16_t)len;
    h->type = get_le16(p + BLOCK_TYPE);
    h->previous = get_le32(p + BLOCK_PREVIOUS);
    decode_frames(p, h);
    decode_info(p, &h->info);
    h->info.plain_bytes = (uint64_t)h->meta.plain + h->pkt.plain;
    h->info.size = nst_block_size(h);
    return h->info.events <= NST_MAX_EVENTS && h->info.expanded_bytes <= NST_MAX_EXPANDED &&
           frame_within_limits(&h->meta) && frame_within_limits(&h->pkt);
}

uint64_t nst_block_unpadded(const struct block_header *h)
{
    return (uint64_t)h->length + h->meta.stored + h->pkt.stored;
}

uint64_t nst_block_size(const struct block_header *h)
{
    return (nst_block_unpadded(h) + NST_ALIGN - 1) / NST_ALIGN * NST_ALIGN;
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
