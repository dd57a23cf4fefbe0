/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which container a process is in. What was once found out of one is remembered. */
#ifndef NST_CAPTURE_INVENTORY_CONTAINERS_H
#define NST_CAPTURE_INVENTORY_CONTAINERS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/inventory/runtime_paths.h"
#include "format/nstrail.h"

struct containers;

/* paths outlive it. NULL: no memory. */
struct containers *containers_new(const struct runtime_paths *paths);
void containers_free(struct containers *containers);

/* A full scan begins: what some of them have not seen is forgotten. */
void containers_begin(struct containers *containers);
/* Looks what runtimes list. */
void containers_refresh(struct containers *containers);

/* Fills in *row but for its namespace and times, with strings that last until the next call. start
 * is as in struct proc_stat. False: the process is in no container that is known. */
bool containers_find(struct containers *containers, const struct nst_process *process,
                     uint64_t start_ticks, struct nst_container *row);

/* Processes of containers that were too many to be remembered, since containers_begin(). */
uint64_t containers_left_out(const struct containers *containers);

/* Whether a process of that cgroup would be the first one of its container. */
bool containers_is_new(struct containers *containers, const char *cgroup);

#endif
