/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Turns events into the frames of one block after the other. No I/O: the writer takes what
 * nst_encoder_finish() made. Internal.
 */
#ifndef NST_FORMAT_ENCODE_H
#define NST_FORMAT_ENCODE_H

#include "format/block.h"
#include "format/dict_columns.h"
#include "format/frame.h"
#include "format/nstrail.h"

struct encoder;

int nst_encoder_new(struct encoder **e, uint32_t snaplen);
void nst_encoder_free(struct encoder *e);

struct dict *nst_encoder_dict(struct encoder *e, enum count_of kind);

/* Adds an event to the block. -EINVAL: it is impossible. -ENOMEM. In both cases the block is
 * as it was, and can be finished. */
int nst_encoder_add(struct encoder *e, const struct nst_event *event, struct nst_error *err);
/* The block is full: finish it before the next event. */
bool nst_encoder_full(const struct encoder *e);
uint32_t nst_encoder_events(const struct encoder *e, uint64_t *first_ts_ns);

/* Fills in what h says of the content, appends both frames to out, and empties the block. */
int nst_encoder_finish(struct encoder *e, struct block_header *h, struct buffer *out);

#endif
