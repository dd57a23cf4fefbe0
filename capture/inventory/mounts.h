/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The network namespaces that are bound to files, from a mountinfo. Pure. */
#ifndef NST_CAPTURE_INVENTORY_MOUNTS_H
#define NST_CAPTURE_INVENTORY_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "format/nstrail.h"

struct mount {
    uint32_t inum;               /* of the namespace */
    char path[NST_MAX_TEXT + 1]; /* as the mountinfo's processes see it */
};

/* The next one in *text, a NUL-terminated /proc/PID/mountinfo, which is moved on behind it. False:
 * there is none. */
bool mounts_next(const char **text, struct mount *mount);

#endif
