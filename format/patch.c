/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/patch.h"

#include "format/layout.h"
#include "format/nstrail.h"

enum {
    MAX_OPS = 127, /* their number is one byte that is also a varint */
    MIN_GAP = 3,   /* equal bytes between two changed ones that cost less than an operation */
};

int nst_patch_shift(uint8_t flags, uint8_t known_flags)
{
    return (flags & NST_EVENT_L3 ? NST_L2_SIZE : 0) -
           (known_flags & NST_EVENT_L3 ? NST_L2_SIZE : 0);
}

void nst_patch_expect(uint8_t *out, size_t len, const uint8_t *known, size_t known_len, int shift)
{
    size_t skip = shift < 0 ? (size_t)-shift : 0, from = shift > 0 ? (size_t)shift : 0, have;

    skip = skip < len ? skip : len;
    have = from < known_len ? known_len - from : 0;
    have = have < len - skip ? have : len - skip;
    memset(out, 0, skip);
    if (have)
        memcpy(out + skip, known + from, have);
    memset(out + skip + have, 0, len - skip - have);
}

static uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* From i on, the first byte that differs; len: none. */
static size_t skip_equal(const uint8_t *a, const uint8_t *b, size_t i, size_t len)
{
    while (len - i >= 8 && load_u64(a + i) == load_u64(b + i))
        i += 8;
    while (i < len && a[i] == b[i])
        i++;
    return i;
}

/* From i on, where a run of equal bytes begins that is worth an operation; or len. */
static size_t skip_changed(const uint8_t *a, const uint8_t *b, size_t i, size_t len)
{
    size_t equal = 0;

    for (; i < len && equal <= MIN_GAP; i++)
        equal = a[i] == b[i] ? equal + 1 : 0;
    return i - equal;
}

size_t nst_patch_make(uint8_t *out, const uint8_t *expected, const uint8_t *packet, size_t len)
{
    uint8_t *p = out + 1;
    size_t done = 0, from, to;
    int ops = 0;

    for (;;) {
        from = skip_equal(expected, packet, done, len);
        if (from == len)
            break;
        to = skip_changed(expected, packet, from, len);
        if (++ops > MAX_OPS || (size_t)(p - out) + (to - from) > len / 2)
            return 0;
        p = put_varint(p, from - done);
        p = put_varint(p, to - from);
        memcpy(p, packet + from, to - from);
        p += to - from;
        done = to;
    }
    out[0] = (uint8_t)ops;
    return (size_t)(p - out);
}

bool nst_patch_apply(struct cursor *c, uint8_t *packet, size_t len)
{
    uint64_t ops = cursor_varint(c), skip, count;
    const uint8_t *bytes;
    size_t pos = 0;

    for (; ops && !c->failed; ops--) {
        skip = cursor_varint(c);
        count = cursor_varint(c);
        if (skip > len - pos || count > len - pos - skip)
            return false;
        bytes = cursor_take(c, (size_t)count);
        if (!bytes)
            return false;
        pos += (size_t)skip;
        memcpy(packet + pos, bytes, (size_t)count);
        pos += (size_t)count;
    }
    return !c->failed;
}
