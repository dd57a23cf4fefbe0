/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The dictionaries and sites of an EVENTS block, from its columns. What is wrong with a column
 * stays in it, for nst_frame_finish(). Internal. */
#ifndef NST_FORMAT_DECODE_DICTS_H
#define NST_FORMAT_DECODE_DICTS_H

#include "format/decode.h"
#include "format/layout.h"

/* How many entries each has, in a frame of so many bytes. Where there are sites there are probes.
 * -EBADMSG. */
int nst_decode_counts(struct cursor *columns, size_t frame_len, uint32_t counts[COUNTS],
                      struct nst_error *err);

/* Fills in content->block but for what its events say, and answers these, as many as `events`;
 * NULL: no memory. Its sites are events that say nothing else. */
struct nst_event *nst_decode_dicts(struct cursor *columns, const uint32_t *counts, uint32_t events,
                                   struct content *content);

#endif
