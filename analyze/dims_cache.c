/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/dims_cache.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_life.h"

/* The input may merge two neighbouring blocks of a file by time. */
#define CACHED_BLOCKS 2

/* Without a cookie, which namespace an inum means may change within a block. */
struct cached_netns {
    int64_t row;                /* 0: not asked for yet, as with all rows here */
    uint64_t from_ns, until_ns; /* for events of this time (CLOCK_MONOTONIC) */
};

struct cached_device {
    int64_t row;
    int64_t netns; /* the row that its namespace had then */
};

struct dims_cached_block {
    const struct nst_block *block;
    uint64_t sequence; /* its: the address alone does not tell a block, memory is used again */
    void *memory;      /* of all arrays */
    size_t room;
    struct cached_netns *netns;
    struct cached_device *devices;
    int64_t *tasks, *probes, *drop_reasons, *frames;
    uint32_t frames_done; /* so many of the frames have their rows */
};

/* What an event's rows are looked up with. */
struct lookup {
    struct dims *dims;
    struct dims_cached_block *cached;
    int64_t capture;
    const struct inventory *inventory;
    uint64_t ts_ns;
};

void dims_cache_free(struct dims_cache *cache)
{
    for (unsigned i = 0; cache->blocks && i < CACHED_BLOCKS; i++)
        free(cache->blocks[i].memory);
    free(cache->blocks);
    *cache = (struct dims_cache){0};
}

/* Zeros, one array behind the other. False: no memory. */
static bool make_arrays(struct dims_cached_block *c, const struct nst_block *b)
{
    size_t ids = (size_t)b->tasks_count + b->probes_count + b->drop_reasons_count + b->frames_count;
    size_t bytes = b->netns_count * sizeof(*c->netns) + b->devices_count * sizeof(*c->devices) +
                   ids * sizeof(int64_t);

    if (bytes > c->room) {
        void *memory = realloc(c->memory, bytes);

        if (!memory)
            return false;
        c->memory = memory;
        c->room = bytes;
    }
    if (bytes)
        memset(c->memory, 0, bytes);
    c->netns = c->memory;
    c->devices = (struct cached_device *)(c->netns + b->netns_count);
    c->tasks = (int64_t *)(c->devices + b->devices_count);
    c->probes = c->tasks + b->tasks_count;
    c->drop_reasons = c->probes + b->probes_count;
    c->frames = c->drop_reasons + b->drop_reasons_count;
    c->frames_done = 0;
    return true;
}

/* NULL: no memory. */
static struct dims_cached_block *find_block(struct dims_cache *cache, const struct nst_block *block)
{
    struct dims_cached_block *c;

    if (!cache->blocks)
        cache->blocks = calloc(CACHED_BLOCKS, sizeof(*cache->blocks));
    if (!cache->blocks)
        return NULL;
    for (unsigned i = 0; i < CACHED_BLOCKS; i++) {
        c = &cache->blocks[i];
        if (c->block == block && c->sequence == block->info.sequence)
            return c;
    }
    c = &cache->blocks[cache->next];
    cache->next = (cache->next + 1) % CACHED_BLOCKS;
    c->block = NULL;
    if (!make_arrays(c, block))
        return NULL;
    c->block = block;
    c->sequence = block->info.sequence;
    return c;
}

static int find_netns(const struct lookup *l, uint32_t index, int64_t *id)
{
    const struct nst_netns *netns;
    struct cached_netns *c;
    int code;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    netns = &l->cached->block->netns[index];
    c = &l->cached->netns[index];
    if (!c->row || l->ts_ns < c->from_ns || l->ts_ns > c->until_ns) {
        code = dims_netns(l->dims, l->capture, l->inventory, netns, l->ts_ns, &c->row);
        if (code)
            return code;
        c->from_ns = 0;
        c->until_ns = UINT64_MAX;
        if (!netns->cookie) {
            const struct life life = inventory_life(l->inventory, netns, l->ts_ns);

            c->from_ns = life.begin_ns;
            c->until_ns = life.end_ns;
        }
    }
    *id = c->row;
    return SQLITE_OK;
}

static int find_device(const struct lookup *l, uint32_t index, int64_t *id)
{
    const struct nst_device *device;
    struct cached_device *c;
    int64_t netns;
    int code;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    device = &l->cached->block->devices[index];
    c = &l->cached->devices[index];
    code = find_netns(l, device->netns, &netns);
    if (!code && (!c->row || c->netns != netns)) {
        code = dims_device(l->dims, l->capture, netns, device, &c->row);
        c->netns = netns;
    }
    *id = c->row;
    return code;
}

static int find_probe(const struct lookup *l, uint32_t index, int64_t *id)
{
    int64_t *row = &l->cached->probes[index];
    int code = *row ? SQLITE_OK : dims_probe(l->dims, &l->cached->block->probes[index], row);

    *id = *row;
    return code;
}

static int find_task(const struct lookup *l, uint32_t index, int64_t *id)
{
    int64_t *row;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    row = &l->cached->tasks[index];
    if (!*row)
        code = dims_task(l->dims, l->capture, &l->cached->block->tasks[index], row);
    *id = *row;
    return code;
}

static int find_drop_reason(const struct lookup *l, uint32_t index, int64_t *id)
{
    int64_t *row;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    row = &l->cached->drop_reasons[index];
    if (!*row)
        code = dims_drop_reason(l->dims, &l->cached->block->drop_reasons[index], row);
    *id = *row;
    return code;
}

/* Callers stand before what they call: with the rows of all frames before this one, its caller has
 * its own. None of them is made in vain, as every frame of a block is in some trace. */
static int find_stack(const struct lookup *l, uint32_t index, int64_t *id)
{
    struct dims_cached_block *c = l->cached;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    for (; !code && c->frames_done <= index; c->frames_done++) {
        const struct nst_frame *frame = &c->block->frames[c->frames_done];
        int64_t caller = frame->caller == NST_NONE ? 0 : c->frames[frame->caller];

        code = dims_stack(l->dims, caller, frame, &c->frames[c->frames_done]);
    }
    *id = c->frames[index];
    return code;
}

int dims_cache_event(struct dims_cache *cache, struct dims *dims, int64_t capture,
                     const struct inventory *inv, const struct nst_block *block,
                     const struct nst_event *event, struct dims_rows *rows)
{
    const struct lookup l = {
        .dims = dims,
        .cached = find_block(cache, block),
        .capture = capture,
        .inventory = inv,
        .ts_ns = event->ts_ns,
    };
    int code = l.cached ? find_netns(&l, event->netns, &rows->netns) : SQLITE_NOMEM;

    if (!code)
        code = find_device(&l, event->device, &rows->device);
    if (!code)
        code = find_probe(&l, event->probe, &rows->probe);
    if (!code)
        code = find_task(&l, event->task, &rows->task);
    if (!code)
        code = find_drop_reason(&l, event->drop_reason, &rows->drop_reason);
    if (!code)
        code = find_stack(&l, event->stack, &rows->stack);
    return code;
}
