/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The network namespaces as a scan finds them, each with its devices. None is kept open: that
 * would keep it, and what is wired to it, alive.
 */
#ifndef NST_CAPTURE_INVENTORY_SPACE_H
#define NST_CAPTURE_INVENTORY_SPACE_H

#include <linux/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/inventory/changes.h"
#include "capture/inventory/facts.h"
#include "capture/inventory/rtnl.h"
#include "format/hash.h"
#include "format/nstrail.h"

/* More are not looked at. */
#define SPACES_MAX        16384
#define SPACE_DEVICES_MAX 16384 /* of one namespace */
#define SPACE_PATHS_MAX   16    /* that one namespace is mounted at */

struct space_path {
    char *text;
    pid_t viewer; /* a process in whose mount namespace it is that; 0: it is in ours */
};

struct space_device {
    struct nst_known_device row; /* its strings are those below; no link_netns if elsewhere */
    bool elsewhere;              /* its link is in the namespace that its own knows as nsid */
    int32_t nsid;
    char name[IFNAMSIZ];
    char kind[32];
};

struct space {
    struct nst_netns netns;
    int32_t nsid;     /* see nsids.h */
    bool reborn;      /* another had its inum when that was looked at last; not yet told of */
    uint64_t born_ns; /* when it got it from that, about; 0: not known */
    pid_t pid;        /* of a process that was in it; 0: none known */
    struct space_path *paths; /* where it is mounted, as far as that is known */
    uint32_t paths_count;
    uint32_t owner_uid; /* see struct nst_known_netns */
    uint32_t userns_inum;
    bool populated;    /* a process of it was recorded */
    bool fresh;        /* looked at, and not yet told of */
    bool changed;      /* since it was looked at */
    bool whole;        /* what follows is all that there is... */
    uint32_t left_out; /* ...but for so much that was too many */
    struct space_device *devices;
    uint32_t devices_count;
    size_t devices_room;
    struct nst_address *addresses;
    uint32_t addresses_count;
    size_t addresses_room;
};

struct spaces {
    int own;       /* our own namespace, to come back to */
    int proc;      /* /proc */
    dev_t nsfs;    /* the device that all namespaces are files of */
    bool contents; /* look into them too: devices and addresses */
    bool handles;  /* this kernel tells cookies, and opens namespaces, by handles */
    uint32_t initial_inum;
    struct space *list;
    uint32_t count;
    size_t room;
    uint64_t left_out; /* namespaces, devices and addresses that were too many, in this scan */
    struct hash_table by_inum;
    struct rtnl rtnl;
    struct nsids *nsids; /* NULL: not permitted */
};

int spaces_init(struct spaces *spaces, bool contents, struct nst_error *err);
void spaces_free(struct spaces *spaces);
/* A new scan begins with none. */
void spaces_clear(struct spaces *spaces);

/* NULL: not found yet. Valid until the next is found. */
struct space *spaces_find(struct spaces *spaces, uint32_t inum);

/*
 * The namespace that stands at dir/name, as in /proc/PID and at a mount: found before, or looked at
 * now. Inums are used again at once when a namespace is gone; with verify an inum alone is not
 * taken for the namespace that had it before. NULL: it is gone, cannot be looked at, or is no
 * network namespace; errno tells.
 */
struct space *spaces_at(struct spaces *spaces, int dir, const char *name, bool verify);
/*
 * The namespace that was mounted at path when mountinfo of that process was read, a folder of
 * /proc: found before that, or looked at now. NULL: it is gone, or cannot be looked at; errno
 * tells.
 */
struct space *spaces_elsewhere(struct spaces *spaces, int process, const char *path, uint32_t inum);
/* The namespace of an event, if this kernel opens them by their cookie (6.18). NULL: it does not,
 * or it is gone. */
struct space *spaces_known(struct spaces *spaces, const struct nst_netns *netns);
/* Whether what stands for it still is that namespace: for kernels without cookies. */
bool spaces_still(struct spaces *spaces, const struct space *space);
/* False: it has died, or it is not known whether it has. */
bool spaces_live(struct spaces *spaces, const struct nst_netns *netns);
/* Readable when something has changed in any that was looked at; -1: never. */
int spaces_fd(const struct spaces *spaces);
/* The next that has; netns says in which. */
enum change_kind spaces_next(struct spaces *spaces, struct nst_netns *netns);
/* Looks at one again. False: it is gone. */
bool spaces_again(struct spaces *spaces, struct space *space);

/* Notes where it is mounted. False: no room, or no memory. */
bool space_bind(struct space *space, const char *path, pid_t viewer);
/* Whether a file of that name, in whatever folder, is noted: folders are mounted elsewhere in other
 * mount namespaces, with all that is mounted in them. */
bool space_is_bound(const struct space *space, const char *path);

/* A descriptor of the namespace, which the caller closes soon; <0: it is gone. */
int space_open(const struct spaces *spaces, const struct space *space);

/* Back to our own namespace: being in another keeps that alive. */
void spaces_leave(const struct spaces *spaces);

#endif
