/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The containers that --netns asks for, or leaves out, out of those that the inventory tells of.
 * As docker takes them: once a container's whole id or name is what was given, another one whose
 * id only begins so is not meant.
 */
#ifndef NST_CAPTURE_CONTAINER_FILTER_H
#define NST_CAPTURE_CONTAINER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "format/nstrail.h"
#include "format/who.h"

struct container_filter;

/* whos outlive it; those that are no containers are left out. NULL: no memory. */
struct container_filter *container_filter_new(const struct nst_who *whos, size_t count);
void container_filter_free(struct container_filter *filter);

/* A row of the inventory: a container runs, or has ended. False: no memory. */
bool container_filter_note_row(struct container_filter *filter,
                               const struct nst_container *container);

/* Goes through the containers that run and are meant; *at is 0 at first, and then this function's
 * own. The one that means it, and the container's namespace. NULL: no more. */
const struct nst_who *container_filter_next(const struct container_filter *filter, size_t *at,
                                            struct nst_netns *netns);

/* Whether the ids of several containers that run begin as who says: two of those ids, valid until
 * the next row. */
bool container_filter_is_ambiguous(const struct container_filter *filter, const struct nst_who *who,
                                   const char *ids[2]);

#endif
