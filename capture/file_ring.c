/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/file_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/message.h"
#include "format/array.h"

/* A block takes less. Files are removed while there is still room for the next one. */
#define BLOCK_BYTES (512ull << 10)

struct file_ring_member {
    char *path;
    uint64_t bytes;
    struct timespec changed;
};

void file_ring_free(struct file_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        free(ring->members[i].path);
    free(ring->members);
}

bool file_ring_limited(const struct file_ring *ring)
{
    return ring->keep || ring->disk_bytes;
}

bool file_ring_add(struct file_ring *ring, char *path, uint64_t bytes, struct timespec changed)
{
    struct file_ring_member *members =
        nst_array_room(ring->members, ring->count, &ring->room, sizeof(*members));

    if (!members)
        return false;
    ring->members = members;
    ring->members[ring->count++] =
        (struct file_ring_member){.path = path, .bytes = bytes, .changed = changed};
    ring->bytes += bytes;
    return true;
}

static int compare_members(const void *a, const void *b)
{
    const struct file_ring_member *left = a, *right = b;

    if (left->changed.tv_sec != right->changed.tv_sec)
        return left->changed.tv_sec < right->changed.tv_sec ? -1 : 1;
    if (left->changed.tv_nsec != right->changed.tv_nsec)
        return left->changed.tv_nsec < right->changed.tv_nsec ? -1 : 1;
    return strcmp(left->path, right->path);
}

void file_ring_sort(struct file_ring *ring)
{
    if (ring->count)
        qsort(ring->members, ring->count, sizeof(*ring->members), compare_members);
}

static void remove_oldest(struct file_ring *ring)
{
    struct file_ring_member oldest = ring->members[0];

    if (unlink(oldest.path) && errno != ENOENT && !ring->told) {
        ring->told = true;
        message_note("cannot remove %s: %s", oldest.path, strerror(errno));
    }
    free(oldest.path);
    ring->bytes -= oldest.bytes;
    ring->count--;
    memmove(ring->members, ring->members + 1, ring->count * sizeof(*ring->members));
}

void file_ring_keep_newest(struct file_ring *ring, uint64_t count)
{
    while (ring->keep && ring->count > count)
        remove_oldest(ring);
}

void file_ring_fit(struct file_ring *ring, uint64_t current_bytes)
{
    while (ring->disk_bytes && ring->count &&
           ring->bytes + current_bytes + BLOCK_BYTES > ring->disk_bytes)
        remove_oldest(ring);
}

bool file_ring_make_room(struct file_ring *ring)
{
    if (!ring->count || !file_ring_limited(ring))
        return false;
    remove_oldest(ring);
    return true;
}
