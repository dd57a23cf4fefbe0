/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the inventory of each namespace and device when an event first shows it. */
#ifndef NST_CAPTURE_FIRST_SEEN_H
#define NST_CAPTURE_FIRST_SEEN_H

#include <stdint.h>

#include "capture/inventory/inventory.h"
#include "format/nstrail.h"

struct first_seen;

/* inventory may be NULL, and outlives it. NULL: no memory. */
struct first_seen *first_seen_new(struct inventory *inventory);
void first_seen_free(struct first_seen *seen);

/* To be called for each definition in the rings: which namespace or device the writer's index is.
 */
void first_seen_netns(struct first_seen *seen, uint32_t index, const struct nst_netns *netns);
void first_seen_device(struct first_seen *seen, uint32_t index, const struct nst_netns *netns,
                       const struct nst_device *device);

/* To be called for each event; netns is the writer's index, or NST_NONE. */
void first_seen_event(struct first_seen *seen, uint32_t netns, uint64_t ts_ns);

#endif
