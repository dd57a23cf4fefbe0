/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Little-endian numbers, LEB128 varints and a bounded cursor: the only ways in which this
 * library touches the bytes of a file. All of them work byte by byte, so alignment and the
 * host's byte order play no part. Internal.
 */
#ifndef NST_FORMAT_BYTES_H
#define NST_FORMAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The longest varint: 64 bits in groups of seven. */
#define VARINT_MAX 10

static inline uint16_t get_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get_le64(const uint8_t *p)
{
    return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static inline void put_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void put_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void put_le64(uint8_t *p, uint64_t v)
{
    put_le32(p, (uint32_t)v);
    put_le32(p + 4, (uint32_t)(v >> 32));
}

/* Signed numbers with the sign in the lowest bit: small ones of either sign stay short.
 * Differences are taken modulo 2^64, so every pair of numbers has one. */
static inline uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (0 - (v & 1));
}

/* Needs VARINT_MAX bytes of room; answers the first byte after. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static inline size_t varint_size(uint64_t v)
{
    size_t n = 1;

    while (v >= 0x80) {
        v >>= 7;
        n++;
    }
    return n;
}

/*
 * Reads forward through bytes and never past them. Taking more than there is makes it fail
 * for good: it answers zeros from then on, and `failed` is looked at once, in the end.
 */
struct cursor {
    const uint8_t *pos;
    const uint8_t *end;
    bool failed;
    bool absent; /* a column that the file leaves out: any number of zeros */
};

static inline struct cursor cursor_of(const uint8_t *data, size_t len)
{
    return (struct cursor){.pos = data, .end = data ? data + len : data};
}

static inline size_t cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->pos);
}

static inline uint64_t cursor_fail(struct cursor *c)
{
    if (!c->absent)
        c->failed = true;
    c->pos = c->end;
    return 0;
}

/* len bytes, or NULL when there are fewer. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t len)
{
    const uint8_t *p = c->pos;

    if (len > cursor_left(c)) {
        cursor_fail(c);
        return NULL;
    }
    c->pos += len;
    return p;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    if (c->pos == c->end)
        return (uint8_t)cursor_fail(c);
    return *c->pos++;
}

uint64_t nst_cursor_long_varint(struct cursor *c);

/* Nearly all have one byte or two. */
static inline uint64_t cursor_varint(struct cursor *c)
{
    const uint8_t *p = c->pos;

    if (p != c->end && p[0] < 0x80) {
        c->pos = p + 1;
        return p[0];
    }
    if (c->end - p >= 2 && p[1] < 0x80) {
        c->pos = p + 2;
        return (p[0] & 0x7fu) | (uint64_t)p[1] << 7;
    }
    return nst_cursor_long_varint(c);
}

/* A varint that must be no more than max. */
static inline uint32_t cursor_bounded(struct cursor *c, uint32_t max)
{
    uint64_t v = cursor_varint(c);

    if (v > max)
        return (uint32_t)cursor_fail(c);
    return (uint32_t)v;
}

#endif
