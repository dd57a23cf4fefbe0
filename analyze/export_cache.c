/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/export_cache.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* The first that matches decides. A function whose skb->dev may still be the device that the
 * packet came in by while it is on its way out (ip_output, ip_forward) has no direction. */
static const struct {
    const char *pattern;
    enum pcapng_direction direction;
} directions[] = {
    {"net:netif_receive_skb*", PCAPNG_DIRECTION_IN},
    {"net:netif_rx*", PCAPNG_DIRECTION_IN},
    {"net:napi_gro_*", PCAPNG_DIRECTION_IN},
    {"net:net_dev_*", PCAPNG_DIRECTION_OUT},
    {"*netif_receive_skb*", PCAPNG_DIRECTION_IN},
    {"*netif_rx*", PCAPNG_DIRECTION_IN},
    {"*gro_receive*", PCAPNG_DIRECTION_IN},
    {"*ip_local_deliver*", PCAPNG_DIRECTION_IN},
    {"*_rcv", PCAPNG_DIRECTION_IN},
    {"*_rcv_*", PCAPNG_DIRECTION_IN},
    {"*dev_queue_xmit*", PCAPNG_DIRECTION_OUT},
    {"*dev_hard_start_xmit", PCAPNG_DIRECTION_OUT},
    {"*dev_direct_xmit", PCAPNG_DIRECTION_OUT},
    {"*_start_xmit", PCAPNG_DIRECTION_OUT},
};

static enum pcapng_direction direction_of(const char *symbol)
{
    for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++)
        if (fnmatch(directions[i].pattern, symbol, 0) == 0)
            return directions[i].direction;
    return PCAPNG_DIRECTION_UNKNOWN;
}

/* Gives a probe its number at first sight; the last number stands for all that are beyond it.
 * False: no memory. */
static bool number_probe(struct intern *probes, const struct nst_probe *probe, uint16_t *number)
{
    size_t symbol = strnlen(probe->symbol, NST_MAX_NAME);
    uint8_t key[sizeof(probe->kind) + NST_MAX_NAME];
    size_t length = sizeof(probe->kind) + symbol;
    int64_t id;

    memcpy(key, &probe->kind, sizeof(probe->kind));
    memcpy(key + sizeof(probe->kind), probe->symbol, symbol);
    id = intern_find(probes, key, length);
    if (!id) {
        id = (int64_t)probes->count + 1;
        if (!intern_add(probes, key, length, id))
            return false;
    }
    *number = id > UINT16_MAX ? UINT16_MAX : (uint16_t)(id - 1);
    return true;
}

static void free_block(struct export_block *cached)
{
    free(cached->interfaces);
    free(cached->probes);
    for (uint32_t i = 0; cached->netns && i < cached->netns_count; i++)
        free(cached->netns[i].text);
    free(cached->netns);
    free(cached->text);
    free(cached->words);
    *cached = (struct export_block){0};
}

void export_cache_free(struct export_cache *cache)
{
    for (unsigned i = 0; i < cache->count; i++)
        free_block(&cache->list[i]);
    intern_clear(&cache->probes);
    *cache = (struct export_cache){0};
}

static size_t interface_slots(const struct nst_block *block)
{
    return (size_t)block->devices_count + block->netns_count + 1;
}

static bool fill_probes(struct export_cache *cache, struct export_block *cached)
{
    for (uint32_t i = 0; i < cached->block->probes_count; i++) {
        const struct nst_probe *probe = &cached->block->probes[i];

        if (!number_probe(&cache->probes, probe, &cached->probes[i].number))
            return false;
        cached->probes[i].direction = direction_of(probe->symbol);
    }
    return true;
}

static void begin_times(struct export_block *cached)
{
    size_t slots = 2 * interface_slots(cached->block);

    for (uint32_t i = 0; i < cached->netns_count; i++)
        cached->netns[i].from_ns = UINT64_MAX;
    for (size_t i = 0; i < slots; i++)
        cached->interfaces[i].from_ns = UINT64_MAX;
}

static bool init_block(struct export_cache *cache, struct export_block *cached,
                       const struct input_file *file, const struct nst_block *block)
{
    *cached = (struct export_block){
        .block = block,
        .file = file->index,
        .offset = block->info.offset,
        .sequence = block->info.sequence,
        .netns = calloc((size_t)block->netns_count + 1, sizeof(*cached->netns)),
        .netns_count = block->netns_count,
        .interfaces = calloc(2 * interface_slots(block), sizeof(*cached->interfaces)),
        .probes = calloc(block->probes_count + 1, sizeof(*cached->probes)),
    };
    if (!cached->netns || !cached->interfaces || !cached->probes || !fill_probes(cache, cached)) {
        free_block(cached);
        return false;
    }
    begin_times(cached);
    return true;
}

static bool is_of_block(const struct export_block *cached, const struct input_file *file,
                        const struct nst_block *block)
{
    return cached->block == block && cached->file == file->index &&
           cached->offset == block->info.offset && cached->sequence == block->info.sequence;
}

struct export_block *export_cache_get(struct export_cache *cache, const struct input_file *file,
                                      const struct nst_block *block, bool *fresh)
{
    struct export_block *cached;

    *fresh = false;
    for (unsigned i = 0; i < cache->count; i++)
        if (is_of_block(&cache->list[i], file, block))
            return &cache->list[i];
    if (cache->count < CACHED_BLOCKS_MAX) {
        cached = &cache->list[cache->count++];
    } else {
        cached = &cache->list[cache->oldest];
        cache->oldest = (cache->oldest + 1) % CACHED_BLOCKS_MAX;
    }
    free_block(cached);
    *fresh = true;
    return init_block(cache, cached, file, block) ? cached : NULL;
}

struct export_interface *export_block_interface(const struct export_block *cached,
                                                const struct nst_event *event, bool raw)
{
    const struct nst_block *block = cached->block;
    size_t slot;

    if (event->device != NST_NONE)
        slot = event->device;
    else if (event->netns != NST_NONE)
        slot = (size_t)block->devices_count + event->netns;
    else
        slot = (size_t)block->devices_count + block->netns_count;
    return &cached->interfaces[slot + (raw ? interface_slots(block) : 0)];
}
