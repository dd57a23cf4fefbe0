/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A packet said by what differs from the same packet a hop before. Pure. Internal. */
#ifndef NST_FORMAT_PATCH_H
#define NST_FORMAT_PATCH_H

#include "format/bytes.h"

/* More than this no patch adds to the bytes that it replaces. */
#define PATCH_OVERHEAD 16

/* How much further on the packet's first byte is than the first one known: packets are aligned
 * at the network header. */
int nst_patch_shift(uint8_t flags, uint8_t known_flags);

/* What is expected: the known bytes, shift further on, and zeros where there are none. */
void nst_patch_expect(uint8_t *out, size_t len, const uint8_t *known, size_t known_len, int shift);

/* Writes the operations that make packet from expected, both of len bytes; out has room for
 * len + PATCH_OVERHEAD. Answers their size, or 0 where storing all of the packet is better. */
size_t nst_patch_make(uint8_t *out, const uint8_t *expected, const uint8_t *packet, size_t len);

/* Takes the next patch and applies it to the expected bytes. false: it makes no sense. */
bool nst_patch_apply(struct cursor *c, uint8_t *packet, size_t len);

#endif
