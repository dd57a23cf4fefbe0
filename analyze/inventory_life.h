/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which namespace is meant at a moment, of those that had its inum, and what was in it then. */
#ifndef NST_ANALYZE_INVENTORY_LIFE_H
#define NST_ANALYZE_INVENTORY_LIFE_H

#include "analyze/inventory.h"

/* The namespace as it was at that moment, of those that had its inum. */
struct life inventory_life(const struct inventory *inv, const struct nst_netns *netns,
                           uint64_t ts_ns);
/* What tells that life from others in all files of a capture: its first_ts_ns, see struct life. 0:
 * it has a cookie, which tells it, or nothing is known. */
uint64_t inventory_life_key(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns);

/* life_widen() for something of the namespace as it was at that moment. */
void inventory_widen(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                     uint64_t *first_ts_ns, uint64_t *last_ts_ns);

/* The container in it at that moment, or at the nearest there is. NULL: none is known. */
const struct nst_container *inventory_container(const struct inventory *inv,
                                                const struct nst_netns *netns, uint64_t ts_ns);
/* The device of that index likewise. */
const struct nst_known_device *inventory_device(const struct inventory *inv,
                                                const struct nst_netns *netns, uint32_t ifindex,
                                                uint64_t ts_ns);

#endif
