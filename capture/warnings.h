/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Warnings at the start: that what is to be recorded is not there now, and may be misspelt; or that
 * a namespace is known by a number which may become another's. */
#ifndef NST_CAPTURE_WARNINGS_H
#define NST_CAPTURE_WARNINGS_H

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

/* Devices of -i that there are not. That is no error: a device may be in any namespace, and may
 * come later. inventory: NULL if it knows no devices; then only those of our own namespace are
 * known. */
void warnings_devices(const struct known_devices *devices, const struct inventory *inventory);
/* Namespaces and containers of --netns that there are not. */
void warnings_netns(const struct filters *filters, const struct inventory *inventory);
/* Namespaces of --netns of which only the inum is known, which another may get when it is gone. */
void warnings_inums(const struct filters *filters);

#endif
