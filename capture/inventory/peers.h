/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds in which namespace a device's link is: the other end of a veth, the device below. */
#ifndef NST_CAPTURE_INVENTORY_PEERS_H
#define NST_CAPTURE_INVENTORY_PEERS_H

#include "capture/inventory/netns_list.h"

/* Fills in link_netns of the devices of those that were just read. */
void peers_find(struct netns_list *list);

#endif
