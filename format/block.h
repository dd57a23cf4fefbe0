/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A block's header. Pure: works on buffers. Internal. */
#ifndef NST_FORMAT_BLOCK_H
#define NST_FORMAT_BLOCK_H

#include "format/layout.h"
#include "format/nstrail.h"

struct frame_header {
    uint8_t codec;
    uint32_t stored; /* bytes in the file */
    uint32_t plain;  /* bytes inflated */
    uint32_t crc;    /* of the stored bytes */
};

struct block_header {
    uint8_t salt[NST_SALT_SIZE];
    uint16_t length; /* of the header */
    uint16_t type;
    uint32_t previous; /* size of the block before; 0: this is the first */
    struct frame_header meta, pkt;
    struct nst_block_info info; /* but for offset; its type is without NST_TYPE_CRITICAL */
};

/* Writes BLOCK_FIXED_SIZE bytes. */
void nst_block_encode(uint8_t *p, const struct block_header *h);

/* How long the header at p says it is, given BLOCK_FIXED_SIZE bytes; 0: this is no header. */
size_t nst_block_header_length(const uint8_t *p);

/* Takes a header of nst_block_header_length() bytes. false: its checksum or limits fail, it
 * is no header at all. salt: what it must have, or NULL for any. */
bool nst_block_decode(const uint8_t *p, const uint8_t *salt, struct block_header *h);

/* Header and frames; with the padding it is info.size. */
uint64_t nst_block_unpadded(const struct block_header *h);
uint64_t nst_block_size(const struct block_header *h);

#endif
