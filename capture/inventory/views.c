/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/views.h"
#include "format/array.h"

#include <stdlib.h>

/* Of all in a scan. Anybody can make mount namespaces, and mount a hundred thousand times in each
 * (/proc/sys/fs/mount-max); services have copies of what the host has. */
#define BYTES_MAX (32u << 20)
/* Of those, mounts of namespaces that have no name yet. */
#define LOOKS_MAX SPACES_MAX

int views_init(struct views *views)
{
    *views = (struct views){0};
    return nst_hash_init(&views->by_inum);
}

void views_free(struct views *views)
{
    free(views->list);
    nst_hash_free(&views->by_inum);
}

void views_begin(struct views *views, uint32_t own)
{
    views->own = own;
    views->count = 0;
    views->bytes = 0;
    views->looks = 0;
    nst_hash_clear(&views->by_inum);
}

static uint32_t hash_of(uint32_t inum)
{
    return (uint32_t)hash_mix(0, inum);
}

static bool has(const struct views *views, uint32_t inum)
{
    const struct hash_slot *s;

    for (s = nst_hash_first(&views->by_inum, hash_of(inum)); s->entry;
         s = nst_hash_next(&views->by_inum, s))
        if (views->list[s->entry - 1] == inum)
            return true;
    return false;
}

bool views_want(struct views *views, uint32_t inum, uint32_t max)
{
    if (!inum || !views->own || inum == views->own || has(views, inum))
        return false;
    if (views->count < max && views->bytes < BYTES_MAX)
        return true;
    views->left_out++;
    return false;
}

bool views_look(struct views *views, const struct space *space)
{
    if (views->looks < LOOKS_MAX && (!space || space->paths_count < SPACE_PATHS_MAX)) {
        views->looks++;
        return true;
    }
    views->left_out++;
    return false;
}

void views_add(struct views *views, uint32_t inum, ssize_t bytes)
{
    uint32_t *list;

    views->bytes += bytes < 0 ? BYTES_MAX / 2 : (size_t)bytes;
    views->left_out += bytes < 0;
    if (nst_hash_room(&views->by_inum))
        return;
    list = nst_array_room(views->list, views->count, &views->room, sizeof(*list));
    if (!list)
        return;
    views->list = list;
    nst_hash_add(&views->by_inum, hash_of(inum), views->count);
    views->list[views->count++] = inum;
}
