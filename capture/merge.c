/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/merge.h"

#include <stdlib.h>

#include "bpf/event.h"

/* A ring whose next record is a packet. */
struct head {
    struct ring *ring;
    const struct ev_record *record;
    uint32_t length;
};

struct merge {
    struct ring *rings;
    size_t rings_count;
    struct head *heap; /* the earliest first */
    size_t heap_count;
    uint64_t last_ts_ns; /* the latest that was taken */
};

struct merge *merge_new(struct ring *rings, size_t count)
{
    struct merge *merge = calloc(1, sizeof(*merge));

    if (!merge)
        return NULL;
    merge->heap = calloc(count, sizeof(*merge->heap));
    if (!merge->heap) {
        free(merge);
        return NULL;
    }
    merge->rings = rings;
    merge->rings_count = count;
    return merge;
}

void merge_free(struct merge *merge)
{
    if (!merge)
        return;
    free(merge->heap);
    free(merge);
}

static uint64_t head_ts(const struct head *head)
{
    return head->record->packet.ts_ns;
}

static void sift_down(struct merge *merge, size_t at)
{
    struct head moving = merge->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= merge->heap_count)
            break;
        if (child + 1 < merge->heap_count &&
            head_ts(&merge->heap[child + 1]) < head_ts(&merge->heap[child]))
            child++;
        if (head_ts(&moving) <= head_ts(&merge->heap[child]))
            break;
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at] = moving;
}

static void push(struct merge *merge, const struct head *head)
{
    size_t at = merge->heap_count++;

    while (at > 0 && head_ts(head) < head_ts(&merge->heap[(at - 1) / 2])) {
        merge->heap[at] = merge->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merge->heap[at] = *head;
}

/* Takes definitions until a packet stands at the ring's front: 1, and *head is set. 0: the
 * ring has no more for now. <0: take() said stop. */
static int find_head(struct head *head, merge_take *take, void *context, int *stop)
{
    for (;;) {
        const struct ev_head *record = ring_peek(head->ring, &head->length);

        if (!record)
            return 0;
        if (record->type == EV_PACKET) {
            head->record = (const void *)record;
            return 1;
        }
        *stop = take(context, record, head->length, false);
        ring_next(head->ring);
        if (*stop)
            return -1;
    }
}

static bool has_head(const struct merge *merge, const struct ring *ring)
{
    for (size_t i = 0; i < merge->heap_count; i++)
        if (merge->heap[i].ring == ring)
            return true;
    return false;
}

/* Looks again at the rings that were empty. */
static int fill(struct merge *merge, merge_take *take, void *context)
{
    int stop = 0;

    for (size_t i = 0; i < merge->rings_count; i++) {
        struct head head = {.ring = &merge->rings[i]};
        int found;

        if (has_head(merge, head.ring))
            continue;
        found = find_head(&head, take, context, &stop);
        if (found < 0)
            return stop;
        if (found)
            push(merge, &head);
    }
    return 0;
}

static int take_first(struct merge *merge, merge_take *take, void *context)
{
    struct head *first = &merge->heap[0];
    uint64_t ts_ns = head_ts(first);
    bool late = ts_ns < merge->last_ts_ns;
    int found, stop;

    if (!late)
        merge->last_ts_ns = ts_ns;
    stop = take(context, first->record, first->length, late);
    ring_next(first->ring);
    if (stop) {
        *first = merge->heap[--merge->heap_count];
        sift_down(merge, 0);
        return stop;
    }
    /* The ring goes on filling meanwhile: its room is not kept until the end of the run. */
    if (ring_held(first->ring) > first->ring->shape.size_bytes / 8)
        ring_release(first->ring);
    found = find_head(first, take, context, &stop);
    if (found <= 0)
        *first = merge->heap[--merge->heap_count];
    if (merge->heap_count)
        sift_down(merge, 0);
    return stop;
}

static bool crowded(const struct merge *merge)
{
    for (size_t i = 0; i < merge->rings_count; i++)
        if (ring_waiting(&merge->rings[i]) > merge->rings[i].shape.size_bytes / 2)
            return true;
    return false;
}

/* Bytes that the rings have at most. */
static uint64_t capacity_bytes(const struct merge *merge)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < merge->rings_count; i++)
        bytes += merge->rings[i].shape.size_bytes;
    return bytes;
}

int merge_run(struct merge *merge, uint64_t horizon_ns, merge_take *take, void *context)
{
    uint64_t left = capacity_bytes(merge);
    int stop = fill(merge, take, context);

    while (!stop && merge->heap_count) {
        uint32_t length = merge->heap[0].length;

        if (length > left || (merge->heap_count < merge->rings_count &&
                              head_ts(&merge->heap[0]) > horizon_ns && !crowded(merge)))
            break;
        left -= length;
        stop = take_first(merge, take, context);
    }
    for (size_t i = 0; i < merge->rings_count; i++)
        ring_release(&merge->rings[i]);
    return stop;
}
