/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps room in the table that tracks packets (struct ev_track_set): its entries stay when their
 * buffers are freed, to be used again with them, so somebody has to take out those that are not.
 */
#ifndef NST_CAPTURE_TRACKS_H
#define NST_CAPTURE_TRACKS_H

#include <stdint.h>

#include "capture/attach.h"

struct tracks;

/* How many buffers it is to know at a time on a host with so much memory: a power of two. Each
 * takes 72 bytes. */
uint32_t tracks_for(uint64_t memory_bytes);

/* The attachment outlives it. NULL: no memory. */
struct tracks *tracks_new(const struct attachment *attachment);
void tracks_free(struct tracks *tracks);

/* Sweeps if the table is nearly full. How many live entries were given up because nothing was
 * seen of them for long. */
uint64_t tracks_sweep(struct tracks *tracks, uint64_t now_ns);

#endif
