/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files that are namespaces, as in /proc/PID/ns and where somebody has mounted one. Whatever else
 * may stand in such a place is not opened.
 */
#ifndef NST_CAPTURE_INVENTORY_NETNS_FILE_H
#define NST_CAPTURE_INVENTORY_NETNS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "format/nstrail.h"

/* For open_by_handle_at(), in place of a file system's descriptor: that of namespaces, since 6.18
 * (5222470b2fbb). */
#define NETNS_FILE_FD_NSFS (-10003)

/* The inum of the namespace that a descriptor is, of whatever kind; 0: it is none. */
uint32_t netns_file_inum(int fd);

/* What stands at dir/name, opened for reading: a descriptor, or a negative errno; -EINVAL: it is no
 * namespace. It can be anything, also a device that does something when it is opened, so it is
 * looked at by O_PATH first. */
int netns_file_open(int dir, const char *name);

/*
 * The same in the mount namespace of a process, whose folder of /proc is given; nsfs is the device
 * of all namespaces. Anybody can have made that mount namespace, and mounted what never answers
 * (FUSE) over the path or on the way: who asks that waits, and cannot always be killed. So only
 * what the kernel has at hand is walked, as the way to a mount is (RESOLVE_CACHED, 5.12,
 * 99668f618062); older kernels refuse that, and none is opened there. The path of a mount has no
 * links.
 */
int netns_file_open_in(int process, const char *path, dev_t nsfs);

/* By handles, which tell a namespace's cookie without entering it, and open it while nothing else
 * does (6.18). Callers try whether the numbers are cookies: nothing promises it. */

/* False: dir/name is no network namespace, or this kernel does not tell. "": dir itself. */
bool netns_file_read_handle(int dir, const char *name, struct nst_netns *netns);
/* A descriptor, or a negative errno: it is gone, or this kernel does not open them. */
int netns_file_open_handle(const struct nst_netns *netns);

#endif
