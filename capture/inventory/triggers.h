/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel tells of its own accord, so that a scan need not be waited for; see changes.h for
 * what changes in namespaces. Each may be missing, for lack of privileges or of the feature: its
 * descriptor is -1 then. */
#ifndef NST_CAPTURE_INVENTORY_TRIGGERS_H
#define NST_CAPTURE_INVENTORY_TRIGGERS_H

#include <sys/types.h>

struct triggers {
    int mounts; /* POLLPRI: something was mounted or unmounted */
    int execs;  /* POLLIN: a program was executed */
};

void triggers_open(struct triggers *triggers);
void triggers_close(struct triggers *triggers);

/* The process that executed a program; 0: no more; <0: some did not fit the socket's buffer, and
 * the next scan finds those that are still there. */
pid_t triggers_next_exec(const struct triggers *triggers);

#endif
