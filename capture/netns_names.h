/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names in /run/netns, as `ip netns` makes them, and when each was there. */
#ifndef NST_CAPTURE_NETNS_NAMES_H
#define NST_CAPTURE_NETNS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct netns_names;

/* NULL: no memory. */
struct netns_names *netns_names_new(const char *directory);
void netns_names_free(struct netns_names *names);

/* Polls as EPOLLPRI when a namespace may have got or lost a name: both are mounts, and a poll of
 * mountinfo tells of each (proc(5)). Without it a name that lives for less than the time between
 * two scans is missed. -1: nothing tells, scans must do. Belongs to names. */
int netns_names_fd(const struct netns_names *names);

/* Looks what is there now; as good as free when nothing changed. 0, or a negative errno when this
 * process could not come back to its own namespace. */
int netns_names_scan(struct netns_names *names, uint64_t now_ns);

/* All that were ever seen; valid until the next scan. */
const struct nst_netns_name *netns_names_list(const struct netns_names *names, size_t *count);

#endif
