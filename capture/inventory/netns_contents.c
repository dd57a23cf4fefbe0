/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/netns_contents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"

/* Devices that change while they are read are read again so often. */
#define READ_TRIES 3

struct reading {
    struct netns_contents *contents;
    const struct nst_netns *netns;
};

void netns_contents_free(struct netns_contents *c)
{
    free(c->devices);
    free(c->addresses);
}

static void copy_string(char *to, const char *from, size_t room)
{
    size_t len = from ? strnlen(from, room - 1) : 0;

    memcpy(to, from ? from : "", len);
    to[len] = '\0';
}

static void keep_device(void *context, const struct rtnl_link *link)
{
    const struct reading *reading = context;
    struct netns_contents *c = reading->contents;
    struct netns_device *list = NULL, *device;

    if (c->devices_count < NETNS_DEVICES_MAX)
        list = nst_array_room(c->devices, c->devices_count, &c->devices_room, sizeof(*list));
    if (!list) {
        c->left_out++;
        return;
    }
    c->devices = list;
    device = &c->devices[c->devices_count++];
    *device = (struct netns_device){
        .row = link->device, .elsewhere = link->link_elsewhere, .nsid = link->nsid};
    device->row.netns = *reading->netns;
    if (link->device.link_ifindex && !link->link_elsewhere)
        device->row.link_netns = *reading->netns;
    copy_string(device->name, link->device.name, sizeof(device->name));
    copy_string(device->kind, link->device.kind, sizeof(device->kind));
    device->row.name = device->row.kind = NULL;
}

static void keep_address(void *context, const struct nst_address *address)
{
    const struct reading *reading = context;
    struct netns_contents *c = reading->contents;
    struct nst_address *list = NULL;

    if (c->addresses_count < NETNS_DEVICES_MAX)
        list = nst_array_room(c->addresses, c->addresses_count, &c->addresses_room, sizeof(*list));
    if (!list) {
        c->left_out++;
        return;
    }
    c->addresses = list;
    c->addresses[c->addresses_count] = *address;
    c->addresses[c->addresses_count++].netns = *reading->netns;
}

void netns_contents_read(struct netns_contents *c, struct rtnl *rtnl, const struct nst_netns *netns)
{
    struct reading reading = {.contents = c, .netns = netns};
    int error = -EAGAIN;

    for (int i = 0; error == -EAGAIN && i < READ_TRIES; i++) {
        c->devices_count = c->addresses_count = c->left_out = 0;
        error = rtnl_links(rtnl, keep_device, &reading);
        if (!error)
            error = rtnl_addresses(rtnl, keep_address, &reading);
    }
    c->complete = !error && !c->left_out;
}
