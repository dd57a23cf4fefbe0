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
    struct netns_list *netns;
    struct hash_table ends;
    struct end {
        uint32_t netns, device;
    } * list;
    uint32_t count;
    size_t room;
};

static uint32_t hash_ends(uint32_t ifindex, uint32_t link)
{
    return (uint32_t)hash_mix(hash_mix(0, ifindex), link);
}

static bool add_end(struct finder *f, uint32_t netns, uint32_t device)
{
    const struct nst_known_device *row = &f->netns->entries[netns].contents.devices[device].row;
    struct end *list;

    if (nst_hash_room(&f->ends))
        return false;
    list = nst_array_room(f->list, f->count, &f->room, sizeof(*list));
    if (!list)
        return false;
    f->list = list;
    nst_hash_add(&f->ends, hash_ends(row->ifindex, row->link_ifindex), f->count);
    f->list[f->count++] = (struct end){.netns = netns, .device = device};
    return true;
}

static bool index_ends(struct finder *f)
{
    if (nst_hash_init(&f->ends))
        return false;
    for (uint32_t s = 0; s < f->netns->count; s++)
        for (uint32_t d = 0; d < f->netns->entries[s].contents.devices_count; d++)
            if (f->netns->entries[s].contents.devices[d].elsewhere && !add_end(f, s, d))
                return false;
    return true;
}

/* Whether the namespace of the socket knows this one by that number. */
static bool known_as(struct finder *f, const struct netns_entry *candidate, int32_t nsid)
{
    int fd = netns_list_open(f->netns, candidate);
    bool same;

    if (fd < 0)
        return false;
    same = rtnl_nsid(&f->netns->rtnl, fd) == nsid;
    close(fd);
    return same;
}

static const struct netns_entry *find_end(struct finder *f, const struct netns_device *device)
{
    uint32_t hash = hash_ends(device->row.link_ifindex, device->row.ifindex);
    const struct hash_slot *s;
    unsigned tries = 0;

    for (s = nst_hash_first(&f->ends, hash); s->entry && tries < TRIES_MAX;
         s = nst_hash_next(&f->ends, s)) {
        const struct end *end = &f->list[s->entry - 1];
        const struct netns_entry *ns = &f->netns->entries[end->netns];
        const struct nst_known_device *row = &ns->contents.devices[end->device].row;

        if (s->hash != hash || row->ifindex != device->row.link_ifindex ||
            row->link_ifindex != device->row.ifindex)
            continue;
        tries++;
        if (known_as(f, ns, device->nsid))
            return ns;
    }
    return NULL;
}

static bool has_device(const struct netns_entry *ns, uint32_t ifindex)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++)
        if (ns->contents.devices[i].row.ifindex == ifindex)
            return true;
    return false;
}

/* Any that has the device below. */
static const struct netns_entry *find_below(struct finder *f, const struct netns_device *device)
{
    unsigned tries = 0;

    for (uint32_t i = 0; i < f->netns->count && tries < TRIES_MAX; i++) {
        const struct netns_entry *ns = &f->netns->entries[i];

        if (!has_device(ns, device->row.link_ifindex))
            continue;
        tries++;
        if (known_as(f, ns, device->nsid))
            return ns;
    }
    return NULL;
}

/* Of devices that are no pairs, the one below is most often the host's; of pairs, each end links to
 * the other, and was found by that if it is there. */
static const struct netns_entry *find_link(struct finder *f, const struct netns_device *device)
{
    const struct netns_entry *ns = find_end(f, device);

    if (ns)
        return ns;
    ns = netns_list_find(f->netns, f->netns->initial_inum);
    if (ns && known_as(f, ns, device->nsid))
        return ns;
    return strcmp(device->kind, "veth") != 0 ? find_below(f, device) : NULL;
}

/* One answer serves all devices with the same number. */
static void find_links(struct finder *f, struct netns_entry *ns)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++) {
        struct netns_device *device = &ns->contents.devices[i];
        const struct netns_entry *link = NULL;

        if (!device->elsewhere || device->nsid < 0 || device->row.link_netns.inum)
            continue;
        link = find_link(f, device);
        for (uint32_t k = i; link && k < ns->contents.devices_count; k++)
            if (ns->contents.devices[k].elsewhere && ns->contents.devices[k].nsid == device->nsid)
                ns->contents.devices[k].row.link_netns = link->netns;
    }
}

static bool has_links(const struct netns_entry *ns)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++)
        if (ns->contents.devices[i].elsewhere)
            return true;
    return false;
}

/* The question is asked from inside. */
static void find_in(struct finder *f, struct netns_entry *ns)
{
    int fd = has_links(ns) ? netns_list_open(f->netns, ns) : -1;

    if (fd < 0)
        return;
    if (setns(fd, CLONE_NEWNET) == 0 && rtnl_open(&f->netns->rtnl) == 0) {
        find_links(f, ns);
        rtnl_close(&f->netns->rtnl);
    }
    close(fd);
}

static bool any_links(const struct netns_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->entries[i].just_read && has_links(&list->entries[i]))
            return true;
    return false;
}

void peers_find(struct netns_list *list)
{
    struct finder f = {.netns = list};

    if (!any_links(list))
        return;
    if (index_ends(&f)) {
        for (uint32_t i = 0; i < list->count; i++)
            if (list->entries[i].just_read)
                find_in(&f, &list->entries[i]);
    }
    nst_hash_free(&f.ends);
    free(f.list);
}
