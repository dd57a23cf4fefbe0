/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel tells of its own accord, so that a scan need not be waited for. Each may be
 * missing, for lack of privileges or of the feature: its descriptor is -1 then. */
#ifndef NST_CAPTURE_INVENTORY_TRIGGERS_H
#define NST_CAPTURE_INVENTORY_TRIGGERS_H

#include <stdbool.h>
#include <sys/types.h>

struct triggers {
    int mounts; /* POLLPRI: something was mounted or unmounted */
    int execs;  /* POLLIN: a program was executed */
    int links;  /* POLLIN: a device or address changed, here or in a namespace that is wired here */
};

void triggers_open(struct triggers *triggers);
void triggers_close(struct triggers *triggers);

/* The process that executed a program; 0: no more. */
pid_t triggers_next_exec(const struct triggers *triggers);
/* Reads all there is; whether it was something. */
bool triggers_drain_links(const struct triggers *triggers);

#endif
