/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --netns: the namespaces that are to be recorded, or left out, kept up to date for the BPF
 * programs. An inum, a cookie, a path and a process mean one namespace, which is looked up once
 * (capture/netns_resolve.h). A name means whatever has it while the recording runs: names are
 * looked up again whenever one may have come or gone. A container's namespace is known from the
 * inventory (capture/container_filter.h).
 */
#ifndef NST_CAPTURE_NETNS_FILTER_H
#define NST_CAPTURE_NETNS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/inventory/row.h"
#include "format/who.h"

struct netns_filter;

/* texts: as given, WHO or !WHO; they outlive it. <0: one of them is wrong, or is no namespace. */
int netns_filter_new(struct netns_filter **filter, const char *const *texts, size_t count,
                     struct nst_error *err);
void netns_filter_free(struct netns_filter *filter);

/* Whether only some namespaces are to be recorded, rather than all but those left out. */
bool netns_filter_has_wanted(const struct netns_filter *filter);

/* The first WHO whose namespace is known by its inum alone, because its cookie is hidden from this
 * process; NULL: none. */
const struct nst_who *netns_filter_by_inum(const struct netns_filter *filter);

/* Writes what was found into the map filter_netns, and from now on whatever is found later. */
int netns_filter_begin(struct netns_filter *filter, int map, struct nst_error *err);

/* Names. The descriptor polls as EPOLLPRI when one may have come or gone; it is the filter's. -1:
 * nothing tells, and they are to be looked up now and then. */
int netns_filter_fd(const struct netns_filter *filter);
/* Looks them up. <0: this process could not come back to its own namespace, or -E2BIG: the map has
 * no room for another. */
int netns_filter_rescan(struct netns_filter *filter, struct nst_error *err);

/* Containers. Whether some WHO is one, so that an inventory is needed. */
bool netns_filter_has_containers(const struct netns_filter *filter);
/* Takes note of a row of the inventory; nothing follows from it until it is applied. */
void netns_filter_note_row(struct netns_filter *filter, const struct row *row);
/* Writes what follows from the rows into the map. <0: no memory; -E2BIG: the map has no room for
 * some, the others are in it. */
int netns_filter_apply_rows(struct netns_filter *filter, struct nst_error *err);
/* <0: the beginning of an id that was given fits several containers that run. */
int netns_filter_check(const struct netns_filter *filter, struct nst_error *err);
/* The next WHO behind after (NULL: the first of all) that means nothing the inventory told of;
 * NULL: no more. */
const struct nst_who *netns_filter_unmatched(const struct netns_filter *filter,
                                             const struct nst_who *after);

#endif
