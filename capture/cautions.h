/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of that which is to be recorded where it is not here now, or may become another. */
#ifndef NST_CAPTURE_CAUTIONS_H
#define NST_CAPTURE_CAUTIONS_H

#include "capture/filters.h"
#include "capture/inventory/inventory.h"
#include "capture/words.h"

/* A device may be in any namespace, and may come later; but it may also be misspelt. */
void caution_devices(const struct words *devices);
/* As for devices, once the inventory has looked. */
void caution_netns(const struct filters *filters, const struct inventory *inventory);
/* One that has the number later would be taken for it. */
void caution_inums(const struct filters *filters);

#endif
