/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/sights.h"
#include "format/array.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct sights {
    struct inventory *inventory;
    struct sight {
        struct nst_netns netns;
        bool told;
    } * list; /* by index of the namespace */
    uint32_t count;
    size_t room;
    uint32_t devices; /* indices below were told of */
};

struct sights *sights_new(struct inventory *inventory)
{
    struct sights *sights = calloc(1, sizeof(*sights));

    if (sights)
        sights->inventory = inventory;
    return sights;
}

void sights_free(struct sights *sights)
{
    if (sights)
        free(sights->list);
    free(sights);
}

void sights_netns(struct sights *sights, uint32_t index, const struct nst_netns *netns)
{
    struct sight *list;

    /* Where there are no cookies, another namespace may have got the inum: the next event of it is
     * told of again. */
    if (index < sights->count && !netns->cookie)
        sights->list[index].told = false;
    /* The writer counts up: a new one is next. */
    if (!sights->inventory || index != sights->count)
        return;
    list = nst_array_room(sights->list, sights->count, &sights->room, sizeof(*list));
    if (!list)
        return;
    sights->list = list;
    sights->list[sights->count++] = (struct sight){.netns = *netns};
}

void sights_device(struct sights *sights, uint32_t index, const struct nst_netns *netns,
                   const struct nst_device *device)
{
    struct scanner_sight sight = {.netns = *netns, .ifindex = device->ifindex};

    if (!sights->inventory || index == NST_NONE || index < sights->devices)
        return;
    sights->devices = index + 1;
    snprintf(sight.name, sizeof(sight.name), "%s", device->name);
    inventory_seen(sights->inventory, &sight);
}

void sights_event(struct sights *sights, uint32_t netns, uint64_t ts_ns)
{
    struct scanner_sight sight = {.ts_ns = ts_ns};

    if (netns >= sights->count || sights->list[netns].told)
        return;
    sights->list[netns].told = true;
    sight.netns = sights->list[netns].netns;
    inventory_seen(sights->inventory, &sight);
}
