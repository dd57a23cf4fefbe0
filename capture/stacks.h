/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stack traces as the kernel has them, and as the file does: by the functions' names. */
#ifndef NST_CAPTURE_STACKS_H
#define NST_CAPTURE_STACKS_H

#include <stdint.h>

#include "capture/probes.h"
#include "capture/symbols.h"
#include "format/nstrail.h"

/* How many different stack traces the kernel's map can hold. It puts each where its hash says; one
 * that finds another there is not kept in the map but in its event's own record. */
#define STACKS_MAX 16384

struct stacks;

/* map_fd: the BPF side's. symbols may be NULL: then frames are addresses. NULL: no memory. */
struct stacks *stacks_new(int map_fd, const struct symbols *symbols);
void stacks_free(struct stacks *stacks);

/* The writer's index of the innermost frame of the stack trace with that id in the map. probe:
 * where it was taken; the kernel's functions between there and our program are left out. NST_NONE:
 * there is no such trace. */
uint32_t stacks_find(struct stacks *stacks, struct nst_writer *writer, uint32_t id,
                     const struct probe *probe);
/* The same of one that came with its event: EV_STACK_FRAMES addresses. */
uint32_t stacks_name(struct stacks *stacks, struct nst_writer *writer, const uint64_t *addresses,
                     const struct probe *probe);

#endif
