/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the files that tell of one container, and has them read. */
#ifndef NST_CAPTURE_INVENTORY_RUNTIME_FILES_H
#define NST_CAPTURE_INVENTORY_RUNTIME_FILES_H

#include <stdbool.h>

#include "capture/inventory/container.h"
#include "capture/inventory/runtime_paths.h"

/* Everything about a container of which only its id, and perhaps its runtime and pod, are set. */
void runtime_files_read(const struct runtime_paths *paths, struct container *container);

/* Calls take for each folder of a source that is there, until it answers true. */
bool runtime_files_folders(const struct runtime_paths *paths, enum runtime_source source,
                           bool (*take)(void *context, int folder), void *context);

#endif
