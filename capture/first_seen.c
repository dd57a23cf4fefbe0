/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/first_seen.h"
#include "format/array.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct first_seen {
    struct inventory *inventory;
    struct sight {
        struct nst_netns netns;
        bool told;
    } * list; /* by index of the namespace */
    uint32_t count;
    size_t room;
    uint32_t devices; /* indices below were told of */
};

struct first_seen *first_seen_new(struct inventory *inventory)
{
    struct first_seen *seen = calloc(1, sizeof(*seen));

    if (seen)
        seen->inventory = inventory;
    return seen;
}

void first_seen_free(struct first_seen *seen)
{
    if (seen)
        free(seen->list);
    free(seen);
}

void first_seen_netns(struct first_seen *seen, uint32_t index, const struct nst_netns *netns)
{
    struct sight *list;

    /* Where there are no cookies, another namespace may have got the inum: the next event of it is
     * told of again. */
    if (index < seen->count && !netns->cookie)
        seen->list[index].told = false;
    /* The writer counts up: a new one is next. */
    if (!seen->inventory || index != seen->count)
        return;
    list = nst_array_room(seen->list, seen->count, &seen->room, sizeof(*list));
    if (!list)
        return;
    seen->list = list;
    seen->list[seen->count++] = (struct sight){.netns = *netns};
}

void first_seen_device(struct first_seen *seen, uint32_t index, const struct nst_netns *netns,
                       const struct nst_device *device)
{
    struct scanner_sight sight = {.netns = *netns, .ifindex = device->ifindex};

    if (!seen->inventory || index == NST_NONE || index < seen->devices)
        return;
    seen->devices = index + 1;
    snprintf(sight.name, sizeof(sight.name), "%s", device->name);
    inventory_seen(seen->inventory, &sight);
}

void first_seen_event(struct first_seen *seen, uint32_t netns, uint64_t ts_ns)
{
    struct scanner_sight sight = {.ts_ns = ts_ns};

    if (netns >= seen->count || seen->list[netns].told)
        return;
    seen->list[netns].told = true;
    sight.netns = seen->list[netns].netns;
    inventory_seen(seen->inventory, &sight);
}
