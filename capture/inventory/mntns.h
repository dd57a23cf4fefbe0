/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The mount namespaces other than ours: of each a scan looks at what is mounted once, as one of its
 * processes sees it. None is kept open, not even its mountinfo: that would keep it, with all that
 * is mounted there, alive. So nobody tells when something changes in them.
 */
#ifndef NST_CAPTURE_INVENTORY_MNTNS_H
#define NST_CAPTURE_INVENTORY_MNTNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/inventory/netns_list.h"
#include "format/hash.h"

/* Inums of mount namespaces, and what looking into them has cost. */
struct mntns {
    uint32_t own;   /* inum of ours */
    uint32_t *list; /* and of those that were looked at, */
    uint32_t count;
    size_t room;
    struct hash_table by_inum;
    size_t bytes;      /* of their mountinfos together */
    uint32_t looks;    /* at mounts in them */
    uint64_t left_out; /* what was too much */
};

/* 0 or -ENOMEM. */
int mntns_init(struct mntns *mntns);
void mntns_free(struct mntns *mntns);
/* All are to be looked at, but for ours. */
void mntns_begin(struct mntns *mntns, uint32_t own);

/* Whether that one is to be looked at, of max. It may be gone before it is. */
bool mntns_want(struct mntns *mntns, uint32_t inum, uint32_t max);
/* It was; its mountinfo had so many bytes, or too many to be read (<0). */
void mntns_add(struct mntns *mntns, uint32_t inum, ssize_t bytes);
/* Whether a mount there is to be looked at: of the namespace, or of one not known (NULL). */
bool mntns_look(struct mntns *mntns, const struct netns_entry *ns);

#endif
