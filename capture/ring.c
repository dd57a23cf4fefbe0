/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/error.h"

void ring_init(struct ring *ring, const struct ring_shape *shape, struct ev_ring *shared,
               const uint8_t *data)
{
    *ring = (struct ring){.shared = shared, .data = data, .shape = *shape};
}

const void *ring_peek(struct ring *ring, uint32_t *length)
{
    const struct ring_shape *shape = &ring->shape;
    uint64_t at = ring->position & (shape->size_bytes - 1);
    uint64_t offset = at & (shape->chunk_bytes - 1);
    const struct ev_head *head =
        (const void *)(ring->data + at / shape->chunk_bytes * shape->stride_bytes + offset);

    /* What was written before the stamp is seen with it. */
    if (__atomic_load_n(&head->stamp, __ATOMIC_ACQUIRE) != ev_stamp(ring->position, shape->key))
        return NULL;
    ring->length = head->bytes;
    if (ring->length < sizeof(*head) || ring->length > shape->stride_bytes - offset)
        ring->length = 0;
    *length = ring->length;
    return head;
}

void ring_next(struct ring *ring)
{
    ring->position += ring->length;
}

void ring_release(struct ring *ring)
{
    __atomic_store_n(&ring->shared->tail, ring->position, __ATOMIC_RELEASE);
}

uint64_t ring_waiting(const struct ring *ring)
{
    return __atomic_load_n(&ring->shared->head, __ATOMIC_RELAXED) - ring->position;
}

uint64_t ring_held(const struct ring *ring)
{
    return ring->position - ring->shared->tail;
}

int doorbell_open(struct doorbell *bell, int fd, struct nst_error *err)
{
    size_t page = sysconf(_SC_PAGESIZE);
    void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *producer = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, page);
    int error = errno;

    if (consumer != MAP_FAILED && producer != MAP_FAILED) {
        *bell = (struct doorbell){.fd = fd, .consumer = consumer, .producer = producer};
        return 0;
    }
    if (consumer != MAP_FAILED)
        munmap(consumer, page);
    if (producer != MAP_FAILED)
        munmap(producer, page);
    return nst_fail(err, -error, "cannot map the doorbell: %s", strerror(error));
}

void doorbell_close(struct doorbell *bell)
{
    size_t page = sysconf(_SC_PAGESIZE);

    if (!bell->consumer)
        return;
    munmap(bell->consumer, page);
    munmap((void *)bell->producer, page);
    *bell = (struct doorbell){.fd = -1};
}

void doorbell_clear(struct doorbell *bell)
{
    __atomic_store_n(bell->consumer, __atomic_load_n(bell->producer, __ATOMIC_ACQUIRE),
                     __ATOMIC_RELEASE);
}
