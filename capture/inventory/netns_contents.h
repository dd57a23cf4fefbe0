/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is in a network namespace: its devices and their addresses. */
#ifndef NST_CAPTURE_INVENTORY_NETNS_CONTENTS_H
#define NST_CAPTURE_INVENTORY_NETNS_CONTENTS_H

#include <linux/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/inventory/rtnl.h"
#include "format/nstrail.h"

/* Of one namespace; more are left out. As many addresses. */
#define NETNS_DEVICES_MAX 16384

struct netns_device {
    struct nst_known_device row; /* its strings are those below; no link_netns if elsewhere */
    bool elsewhere;              /* its link is in another namespace, that its own knows as nsid */
    int32_t nsid;
    char name[IFNAMSIZ];
    char kind[32];
};

/* Zeros: not read yet. */
struct netns_contents {
    struct netns_device *devices;
    uint32_t devices_count;
    size_t devices_room;
    struct nst_address *addresses;
    uint32_t addresses_count;
    size_t addresses_room;
    uint32_t left_out; /* devices and addresses that were too many */
    bool complete;     /* the kernel told all of them, and none was too many */
};

/* Reads them anew, by a socket in that namespace. */
void netns_contents_read(struct netns_contents *contents, struct rtnl *rtnl,
                         const struct nst_netns *netns);
void netns_contents_free(struct netns_contents *contents);

#endif
