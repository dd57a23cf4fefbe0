/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/merge.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

/* A chunk at its next event, or (chunk NULL) a source with a block to decode. */
struct item {
    uint64_t ts_ns;
    uint64_t event_index;
    struct source *source;
    struct chunk *chunk;
    uint32_t at; /* in chunk->order */
};

/* The files of one capture, as a heap with the earliest item on top. A block is decoded when its
 * first event's turn has come: at any time there are as many chunks as blocks overlap. */
struct group {
    struct item *heap;
    size_t count;
    size_t room;
    const struct source *first; /* of its files */
};

struct merge {
    struct group *groups;
    unsigned count;
    struct group *current; /* whose top was given last; NULL: none */
    uint32_t given;        /* so many of its events */
};

static bool item_before(const struct item *a, const struct item *b)
{
    if (a->ts_ns != b->ts_ns)
        return a->ts_ns < b->ts_ns;
    /* What is not decoded yet may hold an event that belongs before one of the same time. */
    if (!a->chunk != !b->chunk)
        return !a->chunk;
    if (a->source != b->source)
        return a->source->file.index < b->source->file.index;
    return a->event_index < b->event_index;
}

static void sift_down(struct group *g, size_t at)
{
    struct item moved = g->heap[at];

    for (;;) {
        size_t child = at * 2 + 1;

        if (child >= g->count)
            break;
        if (child + 1 < g->count && item_before(&g->heap[child + 1], &g->heap[child]))
            child++;
        if (!item_before(&g->heap[child], &moved))
            break;
        g->heap[at] = g->heap[child];
        at = child;
    }
    g->heap[at] = moved;
}

static void sift_up(struct group *g, size_t at)
{
    struct item moved = g->heap[at];

    for (; at && item_before(&moved, &g->heap[(at - 1) / 2]); at = (at - 1) / 2)
        g->heap[at] = g->heap[(at - 1) / 2];
    g->heap[at] = moved;
}

static bool push(struct group *g, const struct item *item)
{
    struct item *heap = nst_array_room(g->heap, g->count, &g->room, sizeof(*heap));

    if (!heap)
        return false;
    g->heap = heap;
    g->heap[g->count] = *item;
    sift_up(g, g->count++);
    return true;
}

static void pop(struct group *g)
{
    g->heap[0] = g->heap[--g->count];
    if (g->count)
        sift_down(g, 0);
}

static void item_place(struct item *item)
{
    uint32_t index = item->chunk->order[item->at];

    item->ts_ns = item->chunk->block->events[index].ts_ns;
    item->event_index = item->chunk->event_base + index;
}

static void advance(struct group *g, uint32_t events)
{
    struct item *top = &g->heap[0];

    top->at += events;
    if (top->at == top->chunk->count) {
        chunk_free(top->chunk);
        pop(g);
        return;
    }
    item_place(top);
    sift_down(g, 0);
}

/* Replaces a source on top of the heap by its decoded block, and puts it back with its next. */
static void decode_top(struct group *g)
{
    struct item item = {.source = g->heap[0].source};
    uint64_t ts_ns;

    item.chunk = source_take(item.source);
    if (source_peek(item.source, &ts_ns)) {
        g->heap[0].ts_ns = ts_ns;
        sift_down(g, 0);
    } else {
        pop(g);
    }
    if (!item.chunk)
        return;
    item_place(&item);
    if (!push(g, &item)) {
        item.source->failed = true;
        chunk_free(item.chunk);
    }
}

/* An event stands on top. False: the group has none left. */
static bool settle(struct group *g)
{
    while (g->count && !g->heap[0].chunk)
        decode_top(g);
    return g->count;
}

static struct group *group_of(struct merge *m, const struct source *s)
{
    for (unsigned i = 0; i < m->count; i++)
        if (input_same_capture(&m->groups[i].first->file, &s->file))
            return &m->groups[i];
    m->groups[m->count].first = s;
    return &m->groups[m->count++];
}

struct merge *merge_new(struct source **sources, unsigned count)
{
    struct merge *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->groups = calloc(count ? count : 1, sizeof(*m->groups));
    if (!m->groups) {
        merge_free(m);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++) {
        struct item item = {.source = sources[i]};

        if (source_peek(sources[i], &item.ts_ns) && !push(group_of(m, sources[i]), &item)) {
            merge_free(m);
            return NULL;
        }
    }
    return m;
}

void merge_free(struct merge *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->count; i++) {
        for (size_t j = 0; j < m->groups[i].count; j++)
            chunk_free(m->groups[i].heap[j].chunk);
        free(m->groups[i].heap);
    }
    free(m->groups);
    free(m);
}

static uint64_t item_time(const struct item *item)
{
    return item->ts_ns + (uint64_t)item->chunk->block->info.realtime_offset_ns;
}

/* The first group of those whose next event is the earliest, or NULL. */
static struct group *earliest(struct merge *m)
{
    struct group *best = NULL;

    for (unsigned i = 0; i < m->count; i++) {
        struct group *g = &m->groups[i];

        if (settle(g) && (!best || item_time(&g->heap[0]) < item_time(&best->heap[0])))
            best = g;
    }
    return best;
}

/* Until when a group's events come before those of the other groups, since 1970. */
static uint64_t turn_ends(const struct merge *m, const struct group *current)
{
    uint64_t end_ns = UINT64_MAX;

    for (unsigned i = 0; i < m->count; i++) {
        const struct group *g = &m->groups[i];
        uint64_t until_ns;

        if (g == current || !g->count)
            continue;
        /* Of equal times the first group's comes first. */
        until_ns = item_time(&g->heap[0]) + (current < g);
        end_ns = until_ns < end_ns ? until_ns : end_ns;
    }
    return end_ns;
}

/* Which would be on top of the heap if the top were not there; NULL: none. */
static const struct item *second(const struct group *g)
{
    const struct item *children = g->heap + 1;

    if (g->count < 2)
        return NULL;
    return g->count > 2 && item_before(&children[1], &children[0]) ? &children[1] : &children[0];
}

/* The event of the top's chunk at that place comes before all that are not in the chunk. */
static bool is_in_turn(const struct item *top, uint32_t at, const struct item *next,
                       uint64_t end_ns)
{
    struct item item = *top;

    item.at = at;
    item_place(&item);
    return (!next || item_before(&item, next)) && item_time(&item) < end_ns;
}

/* How many events of the top's chunk are next, one after the other. */
static uint32_t run_length(const struct merge *m, const struct group *g)
{
    const struct item *top = &g->heap[0], *next = second(g);
    uint64_t end_ns = turn_ends(m, g);
    uint32_t at = top->at + 1;

    /* Blocks seldom overlap. */
    if (is_in_turn(top, top->chunk->count - 1, next, end_ns))
        return top->chunk->count - top->at;
    while (is_in_turn(top, at, next, end_ns))
        at++;
    return at - top->at;
}

bool merge_next(struct merge *m, struct input_run *run)
{
    const struct item *top;

    if (m->current)
        advance(m->current, m->given);
    m->current = earliest(m);
    if (!m->current)
        return false;
    top = &m->current->heap[0];
    m->given = run_length(m, m->current);
    *run = (struct input_run){
        .file = &top->source->file,
        .block = top->chunk->block,
        .event_base = top->chunk->event_base,
        .events = top->chunk->order + top->at,
        .count = m->given,
    };
    return true;
}
