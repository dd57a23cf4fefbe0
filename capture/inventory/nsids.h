/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gives each namespace that is looked at a number that no other ever has. Namespaces can know
 * others by numbers (nsid): one of our own does, which nobody else is in. The kernel forgets the
 * number of one that dies, and says so; it also tells our own what changes in those that it has
 * numbers for, wherever they are wired to. And on kernels without cookies numbers tell those apart
 * that have the same inum one after the other. No namespace is kept alive, nor does anything
 * change in it.
 */
#ifndef NST_CAPTURE_INVENTORY_NSIDS_H
#define NST_CAPTURE_INVENTORY_NSIDS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/inventory/changes.h"
#include "format/nstrail.h"

struct nsids;

/* Leaves the caller in another network namespace than it was in. With inside it hears of what is
 * in namespaces too. NULL: no memory, or not permitted. */
struct nsids *nsids_new(bool inside);
void nsids_free(struct nsids *nsids);

/* The number of a namespace, which it has until it dies. *another: some other had the inum when
 * this was asked last. <0: cannot be told. */
int32_t nsids_of(struct nsids *nsids, int netns_fd, const struct nst_netns *netns, bool *another);

/* Without noting it: the number, or <0. */
int32_t nsids_look(struct nsids *nsids, int netns_fd);

/* False: it has died. */
bool nsids_know(struct nsids *nsids, const struct nst_netns *netns);

/* Readable when something has changed. */
int nsids_fd(const struct nsids *nsids);
/* The next that has, of a namespace that has a number. */
enum change_kind nsids_next(struct nsids *nsids, struct nst_netns *netns);

#endif
