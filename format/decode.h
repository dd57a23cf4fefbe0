/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Turns the frames of a block back into events or tables. No I/O: works on stored bytes whose
 * checksums hold. Whatever they contain, no access is out of bounds and no more memory is
 * taken than the limits of layout.h and nstrail.h allow. Internal.
 */
#ifndef NST_FORMAT_DECODE_H
#define NST_FORMAT_DECODE_H

#include "format/block.h"
#include "format/frame.h"
#include "format/nstrail.h"

/* A block with the memory that its pointers point into. */
struct content {
    struct nst_block block; /* first: nst_block_free() is given its address */
    struct nst_tables tables;
    struct nst_skb *states; /* in memory, one an event; NULL: the block has none */
    struct buffer memory;   /* dictionaries, names, events, states */
    struct buffer packets; /* the plain PKT frame, and the packets that patches made */
};

/* What has to be remembered of each event until its packet bytes are known. */
struct trace {
    uint32_t site;
    uint32_t back; /* to the event that it continues; 0: none */
    uint8_t mode;  /* enum packet_mode */
};

/* Memory that one decoding leaves to the next. */
struct decoder {
    struct buffer meta; /* the plain META frame */
    struct buffer scratch;
    struct frame frame;
    const struct trace *traces; /* of the events decoded last */
    size_t patched;             /* bytes of those packets that patches make */
};

/* Fill in content->block but for its .info, which they do not touch. On failure content has
 * nothing. sites_only: without the events, and without looking at what is said of them. */
int nst_decode_events(struct decoder *d, struct content *content, const struct block_header *h,
                      const uint8_t *meta, bool sites_only, struct nst_error *err);
int nst_decode_tables(struct decoder *d, struct content *content, const struct block_header *h,
                      const uint8_t *meta, struct nst_error *err);

/* Adds the packet bytes to the events decoded last. On failure all events are without. */
int nst_decode_packets(struct decoder *d, struct content *content, const struct block_header *h,
                       const uint8_t *pkt, struct nst_error *err);

void nst_decoder_free(struct decoder *d);
/* Forgets what was decoded, keeps the memory. */
void nst_content_clear(struct content *content);
void nst_content_free(struct content *content);

/* The parts that both kinds of content need. */

/* Inflates a frame to the start of plain and leaves room for extra bytes after it. */
int nst_decode_inflate(const struct frame_header *f, const uint8_t *stored, struct buffer *plain,
                       size_t extra, struct nst_error *err);
/* Copies the next string of a column, NUL-terminated, to *text, which moves on. *s is NULL
 * where there is none. */
void nst_decode_string(struct cursor *c, char **text, const char **s);
/* The same, of up to max bytes where a string has NST_MAX_NAME. */
void nst_decode_text(struct cursor *c, uint32_t max, char **text, const char **s);
/* The same for what always has a name: "" where there is none. */
void nst_decode_name(struct cursor *c, char **text, const char **s);
/* Where an array begins in a piece of memory of which *used bytes are taken; *used moves on. */
size_t nst_decode_reserve(size_t *used, size_t count, size_t size);

#endif
