/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the reader share: open.c, walk.c, damage.c, load.c and reader.c. Internal. */
#ifndef NST_FORMAT_READER_H
#define NST_FORMAT_READER_H

#include "format/decode.h"
#include "format/nstrail.h"
#include "format/recover.h"
#include "format/source.h"

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

    uint64_t position;  /* where the next block should be */
    uint64_t unpadded;  /* where it may be at the earliest: the padding may be what is missing */
    uint64_t frontier;  /* damage before here was reported */
    uint64_t next_file; /* where another capture begins, or 0 */
    int state;          /* 1: reading; else what nst_reader_next() answers for good */
    struct nst_error failure;

    struct block_header header; /* of the current block */
    bool current;
    unsigned loaded;
    struct block_header ahead; /* of the one after, when known */
    bool ahead_known;

    struct decoder decoder;
    struct content *content;
};

/* damage.c: says a damage to whoever reads. */
void nst_reader_warn(struct nst_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says and counts that a block is bad, once. */
void nst_reader_bad(struct nst_reader *r, const struct block_header *h, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes that belong to no block. As the next two, says nothing again of what lies before
 * r->frontier. */
void nst_reader_skipped(struct nst_reader *r, uint64_t from, uint64_t to);
/* Those between the last block and the file's end. torn: they are the beginning of a block, as far
 * as it goes. */
void nst_reader_tail(struct nst_reader *r, uint64_t from, uint64_t to, bool torn);
/* Takes note of a block's place in the sequence; false: it is one too many. */
bool nst_reader_note(struct nst_reader *r, const struct block_header *h);

/* open.c: reads the file header, and sets r->position behind it. */
int nst_reader_read_header(struct nst_reader *r, struct nst_error *err);

/* walk.c: 1: r->header is the next block that stands. 0: the end. -ENOMEM. */
int nst_reader_find(struct nst_reader *r);

#endif
