/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/chunk.h"

#include <stdlib.h>

/* An event's place in a chunk: by time, and by its place in the file where times are equal. */
struct place {
    uint64_t ts_ns;
    uint32_t index;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    if (left->ts_ns != right->ts_ns)
        return left->ts_ns < right->ts_ns ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static bool sort_order(struct chunk *chunk)
{
    struct place *places = reallocarray(NULL, chunk->count, sizeof(*places));

    if (!places)
        return false;
    for (uint32_t i = 0; i < chunk->count; i++)
        places[i] = (struct place){.ts_ns = chunk->block->events[chunk->order[i]].ts_ns,
                                   .index = chunk->order[i]};
    qsort(places, chunk->count, sizeof(*places), compare_places);
    for (uint32_t i = 0; i < chunk->count; i++)
        chunk->order[i] = places[i].index;
    free(places);
    return true;
}

/* Fills in order and count. */
static bool choose_events(struct chunk *chunk, const struct matcher *m)
{
    const struct nst_block *block = chunk->block;
    bool ordered = true;
    uint64_t last = 0;

    chunk->order = reallocarray(NULL, block->info.events + 1, sizeof(*chunk->order));
    if (!chunk->order)
        return false;
    for (uint32_t i = 0; i < block->info.events; i++) {
        const struct nst_event *event = &block->events[i];

        if (m->filter && !(match_event(m, block, event) && match_packet(m, event)))
            continue;
        ordered &= event->ts_ns >= last;
        last = event->ts_ns;
        chunk->order[chunk->count++] = i;
    }
    return ordered || sort_order(chunk);
}

struct chunk *chunk_new(struct nst_block *block, uint64_t event_base, const struct matcher *m)
{
    struct chunk *chunk = calloc(1, sizeof(*chunk));

    if (!chunk)
        return NULL;
    chunk->block = block;
    chunk->event_base = event_base;
    if (!block->events || choose_events(chunk, m))
        return chunk;
    chunk->block = NULL;
    chunk_free(chunk);
    return NULL;
}

void chunk_free(struct chunk *chunk)
{
    if (!chunk)
        return;
    nst_block_free(chunk->block);
    free(chunk->order);
    free(chunk);
}
