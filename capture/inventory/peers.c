/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel gives the link of a device in another namespace as an ifindex and as the number
 * (nsid) by which the device's own namespace knows the other. That number can only be had for a
 * namespace that one holds, so guess one and ask: first those with a device that links back, then
 * the initial one, then those with a device of that ifindex.
 */
#include "config.h"

#include "capture/inventory/peers.h"
#include "format/array.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Questions for one device: ifindexes repeat, and every namespace has one that is 2. */
#define TRIES_MAX 64

/* Devices with a link elsewhere, by their ifindex and their link's. */
struct finder {
    struct spaces *spaces;
    struct hash_table ends;
    struct end {
        uint32_t space, device;
    } * list;
    uint32_t count;
    size_t room;
};

static uint32_t hash_ends(uint32_t ifindex, uint32_t link)
{
    return (uint32_t)hash_mix(hash_mix(0, ifindex), link);
}

static bool add_end(struct finder *f, uint32_t space, uint32_t device)
{
    const struct nst_known_device *row = &f->spaces->list[space].devices[device].row;
    struct end *list;

    if (nst_hash_room(&f->ends))
        return false;
    list = nst_array_room(f->list, f->count, &f->room, sizeof(*list));
    if (!list)
        return false;
    f->list = list;
    nst_hash_add(&f->ends, hash_ends(row->ifindex, row->link_ifindex), f->count);
    f->list[f->count++] = (struct end){.space = space, .device = device};
    return true;
}

static bool index_ends(struct finder *f)
{
    if (nst_hash_init(&f->ends))
        return false;
    for (uint32_t s = 0; s < f->spaces->count; s++)
        for (uint32_t d = 0; d < f->spaces->list[s].devices_count; d++)
            if (f->spaces->list[s].devices[d].elsewhere && !add_end(f, s, d))
                return false;
    return true;
}

/* Whether the namespace of the socket knows this one by that number. */
static bool known_as(struct finder *f, const struct space *candidate, int32_t nsid)
{
    int fd = space_open(f->spaces, candidate);
    bool same;

    if (fd < 0)
        return false;
    same = rtnl_nsid(&f->spaces->rtnl, fd) == nsid;
    close(fd);
    return same;
}

static const struct space *find_end(struct finder *f, const struct space_device *device)
{
    uint32_t hash = hash_ends(device->row.link_ifindex, device->row.ifindex);
    const struct hash_slot *s;
    unsigned tries = 0;

    for (s = nst_hash_first(&f->ends, hash); s->entry && tries < TRIES_MAX;
         s = nst_hash_next(&f->ends, s)) {
        const struct end *end = &f->list[s->entry - 1];
        const struct space *space = &f->spaces->list[end->space];
        const struct nst_known_device *row = &space->devices[end->device].row;

        if (s->hash != hash || row->ifindex != device->row.link_ifindex ||
            row->link_ifindex != device->row.ifindex)
            continue;
        tries++;
        if (known_as(f, space, device->nsid))
            return space;
    }
    return NULL;
}

static bool has_device(const struct space *space, uint32_t ifindex)
{
    for (uint32_t i = 0; i < space->devices_count; i++)
        if (space->devices[i].row.ifindex == ifindex)
            return true;
    return false;
}

/* Any that has the device below. */
static const struct space *find_below(struct finder *f, const struct space_device *device)
{
    unsigned tries = 0;

    for (uint32_t i = 0; i < f->spaces->count && tries < TRIES_MAX; i++) {
        const struct space *space = &f->spaces->list[i];

        if (!has_device(space, device->row.link_ifindex))
            continue;
        tries++;
        if (known_as(f, space, device->nsid))
            return space;
    }
    return NULL;
}

/* Of devices that are no pairs, the one below is most often the host's; of pairs, each end links to
 * the other, and was found by that if it is there. */
static const struct space *find_link(struct finder *f, const struct space_device *device)
{
    const struct space *space = find_end(f, device);

    if (space)
        return space;
    space = spaces_find(f->spaces, f->spaces->initial_inum);
    if (space && known_as(f, space, device->nsid))
        return space;
    return strcmp(device->kind, "veth") != 0 ? find_below(f, device) : NULL;
}

/* One answer serves all devices with the same number. */
static void find_links(struct finder *f, struct space *space)
{
    for (uint32_t i = 0; i < space->devices_count; i++) {
        struct space_device *device = &space->devices[i];
        const struct space *link = NULL;

        if (!device->elsewhere || device->nsid < 0 || device->row.link_netns.inum)
            continue;
        link = find_link(f, device);
        for (uint32_t k = i; link && k < space->devices_count; k++)
            if (space->devices[k].elsewhere && space->devices[k].nsid == device->nsid)
                space->devices[k].row.link_netns = link->netns;
    }
}

static bool has_links(const struct space *space)
{
    for (uint32_t i = 0; i < space->devices_count; i++)
        if (space->devices[i].elsewhere)
            return true;
    return false;
}

/* The question is asked from inside. */
static void find_in(struct finder *f, struct space *space)
{
    int fd = has_links(space) ? space_open(f->spaces, space) : -1;

    if (fd < 0)
        return;
    if (setns(fd, CLONE_NEWNET) == 0 && rtnl_open(&f->spaces->rtnl) == 0) {
        find_links(f, space);
        rtnl_close(&f->spaces->rtnl);
    }
    close(fd);
}

static bool any_links(const struct spaces *spaces)
{
    for (uint32_t i = 0; i < spaces->count; i++)
        if (spaces->list[i].fresh && has_links(&spaces->list[i]))
            return true;
    return false;
}

void peers_find(struct spaces *spaces)
{
    struct finder f = {.spaces = spaces};

    if (!any_links(spaces))
        return;
    if (index_ends(&f)) {
        for (uint32_t i = 0; i < spaces->count; i++)
            if (spaces->list[i].fresh)
                find_in(&f, &spaces->list[i]);
    }
    nst_hash_free(&f.ends);
    free(f.list);
}
