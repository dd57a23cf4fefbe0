/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a BPF ring buffer in place (linux/bpf.h and kernel/bpf/ringbuf.c describe it): records
 * are looked at where they stand and given back many at a time. libbpf's own reader hands out
 * one ring after the other; ours lets several be merged by time.
 */
#ifndef NST_CAPTURE_RING_H
#define NST_CAPTURE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct ring {
    uint64_t *consumer;       /* shared with the kernel: what we have given back */
    const uint64_t *producer; /* what it has written */
    const uint8_t *data;      /* size_bytes of them, mapped twice in a row */
    uint64_t size_bytes;      /* a power of two */
    uint64_t position;        /* how far we have read; *consumer follows */
    void *maps[2];
    size_t map_bytes[2];
};

/* Maps the ring that fd is. */
int ring_open(struct ring *ring, int fd, uint64_t size_bytes, struct nst_error *err);
void ring_close(struct ring *ring);

/* The next record, and its length, without passing it; NULL: there is none, or it is still
 * being written. Valid until ring_release(). */
const void *ring_peek(struct ring *ring, uint32_t *length);
/* Passes the record that ring_peek() gave. */
void ring_next(struct ring *ring);
/* Gives the room of all passed records back to the kernel. */
void ring_release(struct ring *ring);

/* Bytes written and not passed. */
uint64_t ring_waiting(const struct ring *ring);
/* Bytes passed and not given back. */
uint64_t ring_held(const struct ring *ring);

#endif
