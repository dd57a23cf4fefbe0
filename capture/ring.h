/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads the rings that the programs write (bpf/event.h describes them): records are looked at
 * where they stand and given back many at a time, and several rings can be merged by time.
 */
#ifndef NST_CAPTURE_RING_H
#define NST_CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "format/nstrail.h"

/* How the rings of a recording are made. */
struct ring_shape {
    uint64_t size_bytes;   /* of a ring: a power of two */
    uint64_t chunk_bytes;  /* another */
    uint64_t stride_bytes; /* from chunk to chunk: longer by the longest record */
    uint64_t key;          /* of the stamps */
};

struct ring {
    struct ev_ring *shared;
    const uint8_t *data; /* its first chunk */
    struct ring_shape shape;
    uint64_t position; /* how far we have read; shared->tail follows */
    uint32_t length;   /* of the record there, once it was looked at */
};

void ring_init(struct ring *ring, const struct ring_shape *shape, struct ev_ring *shared,
               const uint8_t *data);

/* The next record, and its length, without passing it; NULL: there is none, or it is still
 * being written. A length of 0 means that no program of ours wrote it. Valid until
 * ring_release(). */
const void *ring_peek(struct ring *ring, uint32_t *length);
/* Passes the record that ring_peek() gave. */
void ring_next(struct ring *ring);
/* Gives the room of all passed records back to the programs. */
void ring_release(struct ring *ring);

/* Bytes reserved and not passed. */
uint64_t ring_waiting(const struct ring *ring);
/* Bytes passed and not given back. */
uint64_t ring_held(const struct ring *ring);

/* What the programs ring when much waits: a BPF ring buffer, of which nothing is read. */
struct doorbell {
    int fd; /* for epoll */
    uint64_t *consumer;
    const uint64_t *producer;
};

/* Maps the doorbell that fd, the caller's, is. */
int doorbell_open(struct doorbell *bell, int fd, struct nst_error *err);
void doorbell_close(struct doorbell *bell);
/* Makes room for it to be rung again. */
void doorbell_clear(struct doorbell *bell);

#endif
