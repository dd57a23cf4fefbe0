/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The network namespaces as a scan finds them, each with its devices. None is kept open: that
 * would keep it, and what is wired to it, alive.
 */
#ifndef NST_CAPTURE_INVENTORY_NETNS_LIST_H
#define NST_CAPTURE_INVENTORY_NETNS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/inventory/changes.h"
#include "capture/inventory/netns_contents.h"
#include "capture/inventory/rtnl.h"
#include "format/hash.h"
#include "format/nstrail.h"

/* More namespaces, and more paths of one, are not looked at. */
#define NETNS_LIST_MAX  16384
#define NETNS_PATHS_MAX 16

struct netns_path {
    char *text;
    pid_t pid; /* a process in whose mount namespace it is mounted there; 0: it is in ours */
};

struct netns_entry {
    struct nst_netns netns;
    int32_t nsid;             /* see nsids.h */
    bool inum_reused;         /* another namespace had this inum before; not yet told of */
    uint64_t created_ns;      /* if so, when it took the inum over, about; 0: not known */
    pid_t pid;                /* of a process that was in it; 0: none known */
    struct netns_path *paths; /* where it is mounted, as far as that is known */
    uint32_t paths_count;
    uint32_t owner_uid; /* see struct nst_known_netns */
    uint32_t userns_inum;
    bool populated; /* a process of it was recorded */
    bool just_read; /* and its facts are not yet told */
    bool changed;   /* since it was read */
    struct netns_contents contents;
};

struct netns_list {
    int own;            /* our own namespace, to come back to */
    int proc;           /* /proc */
    dev_t nsfs;         /* the device that all namespaces are files of */
    bool with_contents; /* look into them too */
    bool handles;       /* this kernel tells cookies, and opens namespaces, by handles */
    uint32_t initial_inum;
    struct netns_entry *entries;
    uint32_t count;
    size_t room;
    uint64_t left_out; /* namespaces, devices and addresses that were too many, in this scan */
    struct hash_table by_inum;
    struct rtnl rtnl;
    struct nsids *nsids; /* NULL: not permitted */
};

int netns_list_init(struct netns_list *list, bool with_contents, struct nst_error *err);
void netns_list_free(struct netns_list *list);
/* A new scan begins with none. */
void netns_list_clear(struct netns_list *list);

/* NULL: not found yet. Valid until the next is found. */
struct netns_entry *netns_list_find(struct netns_list *list, uint32_t inum);

/*
 * The namespace that stands at dir/name, as in /proc/PID and at a mount: found before, or looked at
 * now. Inums are used again at once when a namespace is gone; with verify an inum alone is not
 * taken for the namespace that had it before. NULL: it is gone, cannot be looked at, or is no
 * network namespace; errno tells.
 */
struct netns_entry *netns_list_at(struct netns_list *list, int dir, const char *name, bool verify);
/*
 * The namespace that was mounted at path when mountinfo of that process was read, a folder of
 * /proc: found before that, or looked at now. NULL: it is gone, or cannot be looked at; errno
 * tells.
 */
struct netns_entry *netns_list_mounted(struct netns_list *list, int process, const char *path,
                                       uint32_t inum);
/* The namespace of an event, if this kernel opens them by their cookie (6.18). NULL: it does not,
 * or it is gone. */
struct netns_entry *netns_list_by_cookie(struct netns_list *list, const struct nst_netns *netns);
/* Whether what stands for it still is that namespace: for kernels without cookies. */
bool netns_list_is_same(struct netns_list *list, const struct netns_entry *ns);
/* False: it has died, or it is not known whether it has. */
bool netns_list_is_alive(struct netns_list *list, const struct nst_netns *netns);
/* Readable when something has changed in any that was looked at; -1: never. */
int netns_list_fd(const struct netns_list *list);
/* The next that has; netns says in which. */
enum change_kind netns_list_next(struct netns_list *list, struct nst_netns *netns);
/* Looks at one again. False: it is gone. */
bool netns_list_read_again(struct netns_list *list, struct netns_entry *ns);

/* Notes where it is mounted. False: no room, or no memory. */
bool netns_entry_add_path(struct netns_entry *ns, const char *path, pid_t pid);
/* Whether a file of that name, in whatever folder, is noted: folders are mounted elsewhere in other
 * mount namespaces, with all that is mounted in them. */
bool netns_entry_has_path(const struct netns_entry *ns, const char *path);

/* A descriptor of the namespace, which the caller closes soon; <0: it is gone. */
int netns_list_open(const struct netns_list *list, const struct netns_entry *ns);

/* Back to our own namespace: being in another keeps that alive. */
void netns_list_leave(const struct netns_list *list);

#endif
