/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The namespaces that --netns asks for, or leaves out, for the BPF programs. Names are looked up
 * again and again: a namespace that gets one while it is recorded is taken in. So is that of a
 * container when the inventory tells of it.
 */
#ifndef NST_CAPTURE_WISHES_H
#define NST_CAPTURE_WISHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/inventory/row.h"
#include "format/who.h"

struct wishes;

/* texts: as given, WHO or !WHO; they outlive it. <0: one of them is wrong, or is no namespace. */
int wishes_new(struct wishes **wishes, const char *const *texts, size_t count,
               struct nst_error *err);
void wishes_free(struct wishes *wishes);

/* Whether only some namespaces are wished for, and not only that some are left out. */
bool wishes_want(const struct wishes *wishes);

/* The first whose namespace is known by its inum alone, as its cookie is hidden from this process;
 * NULL: none. */
const struct nst_who *wishes_by_inum(const struct wishes *wishes);

/* From now on what is found goes into the map, beginning with what was found before. */
int wishes_begin(struct wishes *wishes, int map, struct nst_error *err);

/* Polls as EPOLLPRI when a namespace may have got a name. -1: nothing tells. Belongs to wishes. */
int wishes_fd(const struct wishes *wishes);

/* Looks for names that are new, or gone. <0: this process could not come back to its own namespace,
 * or the map takes no more. */
int wishes_look(struct wishes *wishes, struct nst_error *err);

/* Whether some are containers, which takes an inventory. */
bool wishes_seek(const struct wishes *wishes);
/* What the inventory says. */
void wishes_hear(struct wishes *wishes, const struct row *row);
/* Does what follows from that. <0: as wishes_look(). */
int wishes_heed(struct wishes *wishes, struct nst_error *err);
/* <0: what was given begins the ids of several containers that are there. */
int wishes_check(const struct wishes *wishes, struct nst_error *err);
/* The first one behind after (NULL: of all) that means nothing which the inventory told of; NULL:
 * no more. */
const struct nst_who *wishes_unmet(const struct wishes *wishes, const struct nst_who *after);

#endif
