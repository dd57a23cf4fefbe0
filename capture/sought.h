/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The containers that --netns asks for, or leaves out, of those that the inventory tells of. As
 * docker takes them: once a whole id or name was there, the beginning of another's id is not meant.
 */
#ifndef NST_CAPTURE_SOUGHT_H
#define NST_CAPTURE_SOUGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "format/nstrail.h"
#include "format/who.h"

struct sought;

/* whos outlive it; those that are no containers are passed over. NULL: no memory. */
struct sought *sought_new(const struct nst_who *whos, size_t count);
void sought_free(struct sought *sought);

/* A row of the inventory: a container is there, or is over. False: no memory. */
bool sought_hear(struct sought *sought, const struct nst_container *container);

/* Of the containers that are there the next one that is meant, from *at on: its namespace, and who
 * means it. NULL: no more. */
const struct nst_who *sought_next(const struct sought *sought, size_t *at, struct nst_netns *netns);

/* Whether who begins the ids of several that are there: two of them. */
bool sought_is_ambiguous(const struct sought *sought, const struct nst_who *who,
                         const char *ids[2]);

#endif
