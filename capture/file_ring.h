/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The finished files of a recording, of which the oldest are removed so that there are no more of
 * them, or of their bytes, than -W and --max-disk say. (The rings between kernel and recorder are
 * those of ring.h.)
 */
#ifndef NST_CAPTURE_FILE_RING_H
#define NST_CAPTURE_FILE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct file_ring {
    struct file_ring_member *members; /* the oldest first */
    size_t count, room;
    uint64_t bytes;      /* of all of them */
    uint64_t keep;       /* files, with the current one; 0: all */
    uint64_t disk_bytes; /* at most, with the current one; 0: no limit */
    bool told;           /* that one could not be removed */
};

void file_ring_free(struct file_ring *ring);

/* False: nothing is ever removed. */
bool file_ring_limited(const struct file_ring *ring);
/* Adds the newest. With true the path is the ring's, which frees it; false: no memory. */
bool file_ring_add(struct file_ring *ring, char *path, uint64_t bytes, struct timespec changed);
/* Puts files that came in another order in that of their times. */
void file_ring_sort(struct file_ring *ring);

/* Removes the oldest until there are count; none, if all are to be kept. */
void file_ring_keep_newest(struct file_ring *ring, uint64_t count);
/* Removes the oldest until a current file of so many bytes has room, and what it will grow by. */
void file_ring_fit(struct file_ring *ring, uint64_t current_bytes);
/* Removes the oldest before its time. False: there is none that may be. */
bool file_ring_make_room(struct file_ring *ring);

#endif
