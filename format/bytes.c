/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/bytes.h"

uint64_t nst_cursor_long_varint(struct cursor *c)
{
    uint64_t v = 0;
    unsigned shift;
    uint8_t byte;

    for (shift = 0; shift < 64; shift += 7) {
        if (c->pos == c->end)
            return cursor_fail(c);
        byte = *c->pos++;
        if (shift == 63 && byte > 1) /* of the tenth byte, one bit is left */
            return cursor_fail(c);
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    return cursor_fail(c);
}
