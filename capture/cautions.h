/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of that which is to be recorded where it is not here now, or may become another. */
#ifndef NST_CAPTURE_CAUTIONS_H
#define NST_CAPTURE_CAUTIONS_H

#include "capture/filters.h"
#include "capture/inventory/inventory.h"
#include "capture/inventory/row.h"
#include "capture/words.h"

/* Of each -i, whether the inventory knows such a device. */
struct known_devices {
    const struct words *wanted;
    bool *known;
};

/* 0 or -ENOMEM. wanted is the caller's, and outlives it. */
int known_devices_init(struct known_devices *devices, const struct words *wanted);
void known_devices_free(struct known_devices *devices);
void known_devices_note_row(struct known_devices *devices, const struct row *row);

/* A device may be in any namespace, and may come later; but it may also be misspelt. inventory:
 * NULL if it knows no devices; then those of our own namespace alone are known. */
void caution_devices(const struct known_devices *devices, const struct inventory *inventory);
/* As for devices. */
void caution_netns(const struct filters *filters, const struct inventory *inventory);
/* One that has the number later would be taken for it. */
void caution_inums(const struct filters *filters);

#endif
