/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the inventory of each namespace and device when an event first shows it. */
#ifndef NST_CAPTURE_SIGHTS_H
#define NST_CAPTURE_SIGHTS_H

#include <stdint.h>

#include "capture/inventory/inventory.h"
#include "format/nstrail.h"

struct sights;

/* inventory may be NULL, and outlives it. NULL: no memory. */
struct sights *sights_new(struct inventory *inventory);
void sights_free(struct sights *sights);

/* To be called for each definition in the rings: which namespace or device the writer's index is.
 */
void sights_netns(struct sights *sights, uint32_t index, const struct nst_netns *netns);
void sights_device(struct sights *sights, uint32_t index, const struct nst_netns *netns,
                   const struct nst_device *device);

/* To be called for each event; netns is the writer's index, or NST_NONE. */
void sights_event(struct sights *sights, uint32_t netns, uint64_t ts_ns);

#endif
