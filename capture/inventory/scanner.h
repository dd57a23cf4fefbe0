/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at the host: its network namespaces, and who is in them. Says what it sees as facts. */
#ifndef NST_CAPTURE_INVENTORY_SCANNER_H
#define NST_CAPTURE_INVENTORY_SCANNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/inventory/facts.h"
#include "capture/inventory/runtime_paths.h"
#include "format/nstrail.h"

/* Processes besides session leaders, the first ones of pid namespaces, and one of each network
 * namespace. */
#define SCANNER_PROCESSES 8192
/* Of those that were executed and are looked at at once, until the next scan. */
#define SCANNER_EXECS 512
/* Together with those. */
#define SCANNER_PROCESSES_MAX 65536
/* Mount namespaces besides ours. */
#define SCANNER_MNTNS 4096

/* 0: those above. */
struct scanner_limits {
    uint32_t processes, execs, processes_max, mntns;
};

struct scanner_options {
    bool names_only; /* namespaces and their names, nothing of what is in them */
    bool cmdline;    /* record command lines */
    const struct runtime_paths *paths;
    struct scanner_limits limits;
};

/* Of the last scan, and of all looks between two scans, which stay: no scan sees what those have
 * left out. */
struct scanner_counts {
    uint64_t left_out; /* processes that were too many */
    uint64_t unread;   /* namespaces and processes that could not be looked at */
    uint64_t full;     /* namespaces, containers and what is in them that were too many */
};

struct scanner;

/* Facts outlive it. A negative errno in words. */
int scanner_new(struct scanner **scanner, const struct scanner_options *options,
                struct facts *facts, struct nst_error *err);
void scanner_free(struct scanner *scanner);

/* Looks at everything. */
void scanner_scan(struct scanner *scanner);

/* What an event told of a namespace. */
struct scanner_sight {
    struct nst_netns netns; /* without a cookie it is whichever has that inum now */
    uint64_t ts_ns;
    uint32_t ifindex; /* of the device, 0: none */
    char name[16];    /* its name */
};

/* Looks at the namespace, if it or the device is not known, and for its processes if none is. */
void scanner_look(struct scanner *scanner, const struct scanner_sight *sight);

/* Looks at what is mounted in our mount namespace; at one process. */
void scanner_mounts(struct scanner *scanner);
void scanner_process(struct scanner *scanner, pid_t pid);
/* Processes that nobody told of in time: counted as one that was left out. */
void scanner_missed(struct scanner *scanner);

/* Readable when the kernel tells what has changed in namespaces that are known; -1: never. */
int scanner_fd(const struct scanner *scanner);
/* Takes that. Says which have died, and answers whether devices are to be looked at. */
bool scanner_hear(struct scanner *scanner);
/* Looks at those where something has changed. */
void scanner_devices(struct scanner *scanner);

/* As they are when a scan has ended. */
struct scanner_counts scanner_counts(const struct scanner *scanner);
/* What the last scan took, of CPU time. */
uint64_t scanner_took_ns(const struct scanner *scanner);
/* Those that it has. */
const struct scanner_limits *scanner_limits(const struct scanner *scanner);

#endif
