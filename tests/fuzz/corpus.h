/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files that say one thing which no writer would say, with checksums that hold. Each has a good
 * block, the block in question, another good block, and END; each is made anew from the table
 * in corpus.c. By their names: good-* is to be read, bad-* is damage, unsupported-* needs what
 * this library lacks.
 */
#ifndef NST_TESTS_FUZZ_CORPUS_H
#define NST_TESTS_FUZZ_CORPUS_H

#include "format/frame.h"

enum { CORPUS_PARTS = 40, CORPUS_BLOCKS = 4, CORPUS_QUESTIONED = 1 };

/* A column as it will stand in the file. */
struct corpus_column {
    uint16_t id;
    uint8_t encoding, flags;
    uint32_t claimed; /* its length in the frame's table */
    struct buffer bytes;
};

struct corpus_frame {
    struct corpus_column columns[CORPUS_PARTS];
    uint32_t count;
    uint32_t claimed; /* columns, in the frame's table */
};

/* The block in question. */
struct corpus_block {
    struct block_header header;
    struct corpus_frame meta, pkt;
    uint32_t plain; /* of META, by its header; 0: what it has */
};

/* What has to show. */
enum corpus_outcome {
    CORPUS_READ,     /* nothing is wrong */
    CORPUS_REFUSED,  /* nst_reader_load() says .code */
    CORPUS_NO_BYTES, /* the events are given without packets, the block counts as bad */
    CORPUS_NO_BLOCK, /* its header is none */
    CORPUS_STOPPED,  /* nst_reader_next() says .code there, and nothing follows */
};

struct corpus_case {
    const char *name;
    void (*make)(struct corpus_block *b);
    enum corpus_outcome outcome;
    int code;
};

extern const struct corpus_case corpus_cases[];
extern const size_t corpus_count;

/* Appends the whole file to out; frames, if not NULL, gets the block in question as input of
 * decode_meta and decode_packets. */
void corpus_make(const struct corpus_case *c, struct buffer *out, struct buffer *frames);

#endif
