/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel tells, of its own accord, of the namespaces that ours knows by numbers (nsid). */
#ifndef NST_CAPTURE_INVENTORY_CHANGES_H
#define NST_CAPTURE_INVENTORY_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

enum change_kind {
    CHANGE_NONE,   /* no more for now */
    CHANGE_INSIDE, /* of a device or address */
    CHANGE_DEATH,  /* there is no such namespace any more, nor its number */
    CHANGE_MISSED, /* there were too many: any of the above, of any namespace */
};

/* A socket in the caller's present namespace, and stays there: readable when there are some. With
 * inside also of what is in namespaces. <0: a negative errno. */
int changes_open(bool inside);

/* The next; nsid is its namespace's number, but of CHANGE_NONE and CHANGE_MISSED. */
enum change_kind changes_next(int fd, int32_t *nsid);

#endif
