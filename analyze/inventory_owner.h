/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose an address is, at a moment. */
#ifndef NST_ANALYZE_INVENTORY_OWNER_H
#define NST_ANALYZE_INVENTORY_OWNER_H

#include "analyze/inventory.h"

/* What people call the namespace that had an address then. Several may have had it: netns, if not
 * NULL, the namespace in which somebody asks, goes before others. NULL: nobody had it, or several
 * others. */
const char *inventory_owner(const struct inventory *inv, const struct nst_octets *address,
                            const struct nst_netns *netns, uint64_t ts_ns);

#endif
