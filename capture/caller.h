/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who started us: under sudo, the user who called it. */
#ifndef NST_CAPTURE_CALLER_H
#define NST_CAPTURE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

struct caller {
    bool other; /* than the user that we are; and so the rest is known */
    uid_t uid;
    gid_t gid;
};

void caller_find(struct caller *caller);
/* The user of that name, who may be the one that we are. -ENOENT: there is none. */
int caller_named(const char *name, struct caller *caller);
/* Both are the same user. */
bool caller_same(const struct caller *a, const struct caller *b);
/* Whom to be where nothing but the user's own rights is needed: the caller under sudo, nobody if we
 * are root otherwise, else the user that we are. */
void caller_or_nobody(const struct caller *caller, struct caller *user);
/* Becomes the caller for good, with the groups and the environment that belong to them. For a
 * process that is about to become another program. 0 or a negative errno. */
int caller_become(const struct caller *caller);

#endif
