/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/mntns.h"
#include "format/array.h"

#include <stdlib.h>

/* Of all in a scan. Anybody can make mount namespaces, and mount a hundred thousand times in each
 * (/proc/sys/fs/mount-max); services have copies of what the host has. */
#define BYTES_MAX (32u << 20)
/* Of those, mounts of namespaces that have no name yet. */
#define LOOKS_MAX NETNS_LIST_MAX

int mntns_init(struct mntns *mntns)
{
    *mntns = (struct mntns){0};
    return nst_hash_init(&mntns->by_inum);
}

void mntns_free(struct mntns *mntns)
{
    free(mntns->list);
    nst_hash_free(&mntns->by_inum);
}

void mntns_begin(struct mntns *mntns, uint32_t own)
{
    mntns->own = own;
    mntns->count = 0;
    mntns->bytes = 0;
    mntns->looks = 0;
    nst_hash_clear(&mntns->by_inum);
}

static uint32_t hash_of(uint32_t inum)
{
    return (uint32_t)hash_mix(0, inum);
}

static bool has(const struct mntns *mntns, uint32_t inum)
{
    const struct hash_slot *s;

    for (s = nst_hash_first(&mntns->by_inum, hash_of(inum)); s->entry;
         s = nst_hash_next(&mntns->by_inum, s))
        if (mntns->list[s->entry - 1] == inum)
            return true;
    return false;
}

bool mntns_want(struct mntns *mntns, uint32_t inum, uint32_t max)
{
    if (!inum || !mntns->own || inum == mntns->own || has(mntns, inum))
        return false;
    if (mntns->count < max && mntns->bytes < BYTES_MAX)
        return true;
    mntns->left_out++;
    return false;
}

bool mntns_look(struct mntns *mntns, const struct netns_entry *ns)
{
    if (mntns->looks < LOOKS_MAX && (!ns || ns->paths_count < NETNS_PATHS_MAX)) {
        mntns->looks++;
        return true;
    }
    mntns->left_out++;
    return false;
}

void mntns_add(struct mntns *mntns, uint32_t inum, ssize_t bytes)
{
    uint32_t *list;

    mntns->bytes += bytes < 0 ? BYTES_MAX / 2 : (size_t)bytes;
    mntns->left_out += bytes < 0;
    if (nst_hash_room(&mntns->by_inum))
        return;
    list = nst_array_room(mntns->list, mntns->count, &mntns->room, sizeof(*list));
    if (!list)
        return;
    mntns->list = list;
    nst_hash_add(&mntns->by_inum, hash_of(inum), mntns->count);
    mntns->list[mntns->count++] = inum;
}
