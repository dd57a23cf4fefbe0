/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What reading a damaged file needs: which blocks are missing, and where the next whole one
 * begins. Internal. */
#ifndef NST_FORMAT_RECOVER_H
#define NST_FORMAT_RECOVER_H

#include "format/block.h"
#include "format/hash.h"
#include "format/source.h"

/* Sequence numbers that were passed over and not seen yet, ascending. */
struct gap {
    uint64_t first, last;
};

struct gaps {
    struct gap *list;
    size_t count, room;
    uint64_t next; /* one above the highest seen */
    uint64_t missing;
};

enum sequence {
    SEQUENCE_NEXT,  /* as expected */
    SEQUENCE_GAP,   /* blocks before it are missing */
    SEQUENCE_LATE,  /* it was missing: blocks stand out of order */
    SEQUENCE_AGAIN, /* seen before */
};

/* Takes note of a block's sequence number. */
enum sequence nst_gaps_note(struct gaps *g, uint64_t sequence);
void nst_gaps_free(struct gaps *g);

/* A set of offsets in the file, met in any order: a hostile file may have one every 128 bytes. */
struct offsets {
    uint64_t *list;
    size_t count, room;
    struct hash_table table;
};

bool nst_offsets_has(const struct offsets *o, uint64_t offset);
/* Without memory the offset is not remembered: something may then be reported twice. */
void nst_offsets_add(struct offsets *o, uint64_t offset);
void nst_offsets_free(struct offsets *o);

enum found {
    FOUND_BLOCK,
    FOUND_NOTHING, /* other bytes, or too few of them */
    FOUND_END,     /* not one byte */
    FOUND_ENDLESS, /* so much that is no block that the search was given up */
    FOUND_NO_MEMORY,
};

/* What is at offset. salt may be NULL: any. */
enum found nst_recover_header(struct source *s, uint64_t offset, const uint8_t *salt,
                              struct block_header *h);

/* Whether both frames of a block are there whole: 1, or 0, or -ENOMEM; -ENODATA: the file
 * ends before the block does. */
int nst_recover_check(struct source *s, uint64_t offset, const struct block_header *h);

/* Checking the frames of blocks that turn out bad may cost this much, and so many times the
 * file: a hostile file of headers alone would otherwise have each of them checksum megabytes. */
#define CHECKED_IN_VAIN_MIN   (64u * 1024 * 1024)
#define CHECKED_IN_VAIN_TIMES 16u

/* Whether, after so many bytes were checked in vain, the block at offset may be checked. */
bool nst_recover_worth(uint64_t in_vain, uint64_t offset);

/* The first block header at or after *offset, byte by byte: *offset is then where it is, or,
 * with FOUND_END, where the file ends, and with FOUND_ENDLESS, which a file never is but a pipe
 * may be, where it is left. Without a salt, one whose META frame is whole. */
enum found nst_recover_search(struct source *s, uint64_t *offset, const uint8_t *salt,
                              struct block_header *h);

#endif
