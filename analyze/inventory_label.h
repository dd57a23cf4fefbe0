/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people call a namespace, and for how long. */
#ifndef NST_ANALYZE_INVENTORY_LABEL_H
#define NST_ANALYZE_INVENTORY_LABEL_H

#include "analyze/inventory.h"

/* No label is longer, in bytes. */
#define INVENTORY_LABEL_MAX (2 * NST_MAX_NAME + 1)

/* What people call a namespace at that moment, or at the nearest there is: its name in
 * /run/netns, "host", "NAMESPACE/POD", its container, a path that it is bound to. NULL: nothing
 * is known. Valid until the next inventory_learn(). */
const char *inventory_label(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns);
/* Its label when it was last seen; if it had none then, the last that it had before. */
const char *inventory_latest_label(const struct inventory *inv, const struct nst_netns *netns);
/* Narrows the span from *from_ns to *until_ns, in which the moment lies, to one in which the
 * namespace of that inum is the same one all the time, and has the same label. */
void inventory_steady(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                      uint64_t *from_ns, uint64_t *until_ns);

#endif
