/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the writer share: writer.c, writer_dicts.c and writer_blocks.c. Internal. */
#ifndef NST_FORMAT_WRITER_INTERNAL_H
#define NST_FORMAT_WRITER_INTERNAL_H

#include "format/encode.h"
#include "format/layout.h"
#include "format/target.h"
#include "format/writer.h"

struct file {
    struct target target;
    uint8_t salt[NST_SALT_SIZE];
    uint32_t number;   /* of the file in its capture */
    uint64_t sequence; /* of the next block */
    uint32_t previous; /* size of the last block */
};

struct nst_writer {
    struct file file; /* the one being written */
    struct nst_writer_hooks hooks;
    struct encoder *encoder;
    struct buffer out;    /* the block being written */
    struct buffer tables; /* a plain TABLES frame */
    void *lz4_state;

    int64_t realtime_offset_ns;
    uint64_t lost_outside; /* said by nst_writer_lost() */
    struct nst_writer_stats stats;
};

/* writer_blocks.c: adds to the end of a file. 0 or a negative errno, which w->stats then has too. */
int nst_writer_append(struct nst_writer *w, struct file *file, const uint8_t *data, size_t len);
/* Writes a TABLES or END block. tables may be NULL. */
int nst_writer_put_tables(struct nst_writer *w, uint16_t type, const struct nst_tables *tables,
                          struct nst_error *err);

#endif
