/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/view.h"

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

/* The number of a probe, made at first sight. UINT32_MAX: no memory, or too many. */
static uint32_t number_probe(struct views *views, const struct nst_probe *probe)
{
    struct nst_probe *list;
    char *symbol;

    for (uint32_t i = 0; i < views->probes_count; i++)
        if (views->probes[i].kind == probe->kind &&
            strcmp(views->probes[i].symbol, probe->symbol) == 0)
            return i;
    if (views->probes_count > UINT16_MAX)
        return UINT32_MAX;
    list = reallocarray(views->probes, views->probes_count + 1, sizeof(*list));
    if (!list)
        return UINT32_MAX;
    views->probes = list;
    symbol = strdup(probe->symbol);
    if (!symbol)
        return UINT32_MAX;
    list[views->probes_count] = (struct nst_probe){.kind = probe->kind, .symbol = symbol};
    return views->probes_count++;
}

static void view_free(struct view *view)
{
    free(view->interfaces);
    free(view->probes);
    for (uint32_t i = 0; view->netns && i < view->netns_count; i++)
        free(view->netns[i].text);
    free(view->netns);
    free(view->text);
    free(view->words);
    *view = (struct view){0};
}

void views_free(struct views *views)
{
    for (unsigned i = 0; i < views->count; i++)
        view_free(&views->list[i]);
    for (uint32_t i = 0; i < views->probes_count; i++)
        free((char *)views->probes[i].symbol);
    free(views->probes);
    *views = (struct views){0};
}

static size_t interface_slots(const struct nst_block *block)
{
    return (size_t)block->devices_count + block->netns_count + 1;
}

static bool fill_probes(struct views *views, struct view *view)
{
    for (uint32_t i = 0; i < view->block->probes_count; i++) {
        const struct nst_probe *probe = &view->block->probes[i];
        uint32_t number = number_probe(views, probe);

        if (number == UINT32_MAX)
            return false;
        view->probes[i].number = (uint16_t)number;
        view->probes[i].direction = direction_of(probe->symbol);
    }
    return true;
}

static void begin_times(struct view *view)
{
    size_t slots = 2 * interface_slots(view->block);

    for (uint32_t i = 0; i < view->netns_count; i++)
        view->netns[i].from_ns = UINT64_MAX;
    for (size_t i = 0; i < slots; i++)
        view->interfaces[i].from_ns = UINT64_MAX;
}

static bool view_init(struct views *views, struct view *view, const struct input_file *file,
                      const struct nst_block *block)
{
    *view = (struct view){
        .block = block,
        .file = file->index,
        .offset = block->info.offset,
        .sequence = block->info.sequence,
        .netns = calloc((size_t)block->netns_count + 1, sizeof(*view->netns)),
        .netns_count = block->netns_count,
        .interfaces = calloc(2 * interface_slots(block), sizeof(*view->interfaces)),
        .probes = calloc(block->probes_count + 1, sizeof(*view->probes)),
    };
    if (!view->netns || !view->interfaces || !view->probes || !fill_probes(views, view)) {
        view_free(view);
        return false;
    }
    begin_times(view);
    return true;
}

static bool is_view_of(const struct view *view, const struct input_file *file,
                       const struct nst_block *block)
{
    return view->block == block && view->file == file->index &&
           view->offset == block->info.offset && view->sequence == block->info.sequence;
}

struct view *views_get(struct views *views, const struct input_file *file,
                       const struct nst_block *block, bool *fresh)
{
    struct view *view;

    *fresh = false;
    for (unsigned i = 0; i < views->count; i++)
        if (is_view_of(&views->list[i], file, block))
            return &views->list[i];
    if (views->count < VIEWS_MAX) {
        view = &views->list[views->count++];
    } else {
        view = &views->list[views->oldest];
        views->oldest = (views->oldest + 1) % VIEWS_MAX;
    }
    view_free(view);
    *fresh = true;
    return view_init(views, view, file, block) ? view : NULL;
}

struct view_interface *view_interface(const struct view *view, const struct nst_event *event,
                                      bool raw)
{
    const struct nst_block *block = view->block;
    size_t slot;

    if (event->device != NST_NONE)
        slot = event->device;
    else if (event->netns != NST_NONE)
        slot = (size_t)block->devices_count + event->netns;
    else
        slot = (size_t)block->devices_count + block->netns_count;
    return &view->interfaces[slot + (raw ? interface_slots(block) : 0)];
}
