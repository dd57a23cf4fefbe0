/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/error.h"

#define RECORD_BITS (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT)

static int map_pages(struct ring *ring, int which, int fd, int protection, size_t bytes,
                     off_t offset)
{
    void *pages = mmap(NULL, bytes, protection, MAP_SHARED, fd, offset);

    if (pages == MAP_FAILED)
        return -errno;
    ring->maps[which] = pages;
    ring->map_bytes[which] = bytes;
    return 0;
}

int ring_open(struct ring *ring, int fd, uint64_t size_bytes, struct nst_error *err)
{
    size_t page = sysconf(_SC_PAGESIZE);
    int error;

    *ring = (struct ring){.size_bytes = size_bytes};
    error = map_pages(ring, 0, fd, PROT_READ | PROT_WRITE, page, 0);
    /* The data stands there twice, so that no record is broken at its end. */
    if (!error)
        error = map_pages(ring, 1, fd, PROT_READ, page + 2 * size_bytes, page);
    if (error) {
        ring_close(ring);
        return nst_fail(err, error, "cannot map a ring of %llu bytes: %s",
                        (unsigned long long)size_bytes, strerror(-error));
    }
    ring->consumer = ring->maps[0];
    ring->producer = ring->maps[1];
    ring->data = (const uint8_t *)ring->maps[1] + page;
    ring->position = *ring->consumer;
    return 0;
}

void ring_close(struct ring *ring)
{
    for (int i = 0; i < 2; i++)
        if (ring->maps[i])
            munmap(ring->maps[i], ring->map_bytes[i]);
    *ring = (struct ring){0};
}

static const uint32_t *record_header(const struct ring *ring)
{
    return (const void *)(ring->data + (ring->position & (ring->size_bytes - 1)));
}

static uint64_t record_bytes(uint32_t header)
{
    uint64_t length = header & ~RECORD_BITS;

    return (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

const void *ring_peek(struct ring *ring, uint32_t *length)
{
    /* Pairs with the kernel's release: what was written before is seen. */
    uint64_t end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

    while (ring->position < end) {
        uint32_t header = __atomic_load_n(record_header(ring), __ATOMIC_ACQUIRE);

        if (header & BPF_RINGBUF_BUSY_BIT)
            return NULL;
        if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
            *length = header;
            return (const uint8_t *)record_header(ring) + BPF_RINGBUF_HDR_SZ;
        }
        ring->position += record_bytes(header);
    }
    return NULL;
}

void ring_next(struct ring *ring)
{
    ring->position += record_bytes(*record_header(ring));
}

void ring_release(struct ring *ring)
{
    __atomic_store_n(ring->consumer, ring->position, __ATOMIC_RELEASE);
}

uint64_t ring_waiting(const struct ring *ring)
{
    return __atomic_load_n(ring->producer, __ATOMIC_RELAXED) - ring->position;
}

uint64_t ring_held(const struct ring *ring)
{
    return ring->position - *ring->consumer;
}
