/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What looking for namespaces by their names, and by their processes, share with the scanner. */
#ifndef NST_CAPTURE_INVENTORY_SCANNER_INTERNAL_H
#define NST_CAPTURE_INVENTORY_SCANNER_INTERNAL_H

#include "capture/inventory/containers.h"
#include "capture/inventory/scanner.h"
#include "capture/inventory/netns_list.h"
#include "capture/inventory/mntns.h"

#define SCANNER_PIDS_MAX (1u << 22) /* the kernel's own limit */

struct scanner {
    struct scanner_options options;
    struct facts *facts;
    struct netns_list netns;
    struct containers *containers;
    struct mntns mntns;
    struct scanner_counts scan, looks; /* of the last scan; of all looks between scans */
    uint64_t full;                     /* what found no room, as far as these have it */
    bool scanning;
    uint64_t took_ns;
    char *mountinfo;
    size_t mountinfo_room;
    /* A bit for each process that was looked at since the last full scan began, or before. */
    uint8_t *pids, *before;
    uint32_t processes, others; /* recorded; of those, within the limit of processes */
    uint32_t execs;             /* looked at for nothing else, within the limit of execs */
    uint64_t tick_ns;
    pid_t self;
};

/* Where to count now. */
struct scanner_counts *scanner_counting(struct scanner *s);

/* A namespace, before anything is said of it: what was true of one that had its inum before is so
 * no more, since about the process began that it was found by (<0: none). */
struct netns_entry *scanner_found(struct scanner *s, struct netns_entry *ns, int process);

/* By names: those of our own mount namespace; those of the others (mntns.h). */
void scanner_scan_mounts(struct scanner *s);
void scanner_scan_mntns(struct scanner *s);
/* Nobody tells of changes in those others: what the last scan saw is so until the next. */
void scanner_keep_mntns(struct scanner *s);

/* Of which processes to look at: all; those that came since; those in one namespace. */
struct scanner_which {
    bool all;
    const struct nst_netns *netns; /* NULL: those that came since */
};

void scanner_scan_processes(struct scanner *s, const struct scanner_which *which);
/* name: its folder in /proc. */
void scanner_scan_process(struct scanner *s, const char *name, pid_t pid);
/* The namespace of a process. NULL: it is gone, a zombie, or we may not look. A process that was
 * there before (is_known) has hardly gone to another namespace with the same inum. */
struct netns_entry *scanner_netns_of(struct scanner *s, int process, pid_t pid, bool is_known);

typedef void scanner_take(struct scanner *s, const char *name, pid_t pid, const void *context);

void scanner_each_process(struct scanner *s, scanner_take *take, const void *context);

#endif
