/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame: its table of columns, and how it is compressed. Pure: works on buffers. Internal. */
#ifndef NST_FORMAT_FRAME_H
#define NST_FORMAT_FRAME_H

#include "format/block.h"
#include "format/bytes.h"
#include "format/nstrail.h"

/* Bytes that grow. What fails to grow stays failed and is asked once, in the end. */
struct buffer {
    uint8_t *data;
    size_t len, capacity;
    bool failed;
};

/* Room for len more bytes after .len; NULL: no memory. The caller then adds to .len. */
uint8_t *nst_buffer_room(struct buffer *b, size_t len);
void nst_buffer_varint(struct buffer *b, uint64_t v);
void nst_buffer_byte(struct buffer *b, uint8_t v);
/* A string as ENCODING_STRINGS has it; NULL is none. */
void nst_buffer_string(struct buffer *b, const char *s);
/* The same, of a length of its own. */
void nst_buffer_text(struct buffer *b, const char *s, size_t len);
void nst_buffer_free(struct buffer *b);

/* One column to be written. One that is empty or all zeros is left out: that is what a reader
 * takes a missing one for. */
struct column {
    uint16_t id;
    const uint8_t *data;
    size_t len;
};

/* Puts the columns together into one plain frame, replacing what plain held. -EFBIG, -ENOMEM. */
int nst_frame_build(struct buffer *plain, const struct column *columns, size_t count);

/* Writes a frame's table: FRAME_HEAD_SIZE + count * FRAME_COLUMN_SIZE bytes; its columns' bytes
 * follow. */
void nst_frame_put_table(uint8_t *p, const struct column *columns, size_t count);

/* Compresses plain to out, which has nst_frame_bound() bytes of room, and fills in f. */
size_t nst_frame_bound(size_t plain_len);
void nst_frame_compress(struct frame_header *f, const uint8_t *plain, size_t len, uint8_t *out,
                        void *lz4_state);

/* Inflates into plain, which has f->plain bytes of room. -EBADMSG, -EPROTONOSUPPORT. */
int nst_frame_inflate(const struct frame_header *f, const uint8_t *stored, uint8_t *plain,
                      struct nst_error *err);

/* Where each known column of a plain frame is, by its id. */
struct frame {
    struct cursor columns[NST_COLUMN_IDS];
};

/* -EBADMSG, or -EPROTONOSUPPORT for an unknown column that is critical. */
int nst_frame_parse(struct frame *frame, const uint8_t *plain, size_t len, struct nst_error *err);

/* After all columns with ids below were read: -EBADMSG when one was too short, too long or had
 * a value beyond its limits. */
int nst_frame_finish(const struct frame *frame, uint32_t below, struct nst_error *err);

#endif
