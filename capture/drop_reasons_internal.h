/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What drop_reasons.c knows of reasons, for drop_reasons_match.c. Internal. */
#ifndef NST_CAPTURE_DROP_REASONS_INTERNAL_H
#define NST_CAPTURE_DROP_REASONS_INTERNAL_H

#include <stddef.h>

#include "capture/drop_reasons.h"

/* What the names of the core's reasons begin with in the kernel; dropped from all that follows. */
#define DROP_REASON_PREFIX     "SKB_DROP_REASON_"
#define DROP_REASON_SUBSYS_MAX 64

struct drop_reason_name {
    uint32_t number;
    char *name;
};

struct drop_reasons {
    struct drop_reason_name *list; /* by number */
    size_t count, room;
    /* The subsystems' names, in small letters; [0], the core, has none. */
    char *subsys[DROP_REASON_SUBSYS_MAX];
};

#endif
