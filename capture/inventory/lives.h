/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells namespaces apart that have the same inum one after the other, on kernels without cookies.
 * A namespace can know others by numbers (nsid). One of our own, which nobody else is in, gives
 * each that is looked at a number that no other ever has; the kernel forgets it when that one
 * dies. No namespace is kept alive, nor does anything change in it.
 */
#ifndef NST_CAPTURE_INVENTORY_LIVES_H
#define NST_CAPTURE_INVENTORY_LIVES_H

#include <stdbool.h>
#include <stdint.h>

struct lives;

/* Leaves the caller in another network namespace than it was in. NULL: no memory, or not
 * permitted. */
struct lives *lives_new(void);
void lives_free(struct lives *lives);

/* The number of a namespace, which it has until it dies. *another: some other had the inum when
 * this was asked last. <0: cannot be told. */
int32_t lives_of(struct lives *lives, int netns_fd, uint32_t inum, bool *another);

/* Without noting it: the number, or <0. */
int32_t lives_look(struct lives *lives, int netns_fd);

#endif
