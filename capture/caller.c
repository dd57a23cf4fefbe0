/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/caller.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/* Where there is no such user: the kernel's overflow id. */
#define NOBODY 65534

static bool read_id(const char *name, unsigned long *id)
{
    const char *text = getenv(name);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *id = strtoul(text, &end, 10);
    /* The last one means "none" to the kernel. */
    return !errno && !*end && *id < (uid_t)-1;
}

void caller_find(struct caller *caller)
{
    unsigned long uid, gid;

    *caller = (struct caller){0};
    if (geteuid() != 0 || !read_id("SUDO_UID", &uid) || !read_id("SUDO_GID", &gid))
        return;
    *caller = (struct caller){.other = uid != geteuid(), .uid = uid, .gid = gid};
}

int caller_named(const char *name, struct caller *caller)
{
    const struct passwd *user = getpwnam(name);

    if (!user)
        return -ENOENT;
    *caller = (struct caller){
        .other = user->pw_uid != geteuid(), .uid = user->pw_uid, .gid = user->pw_gid};
    return 0;
}

bool caller_same(const struct caller *a, const struct caller *b)
{
    return a->other == b->other && (!a->other || a->uid == b->uid);
}

void caller_or_nobody(const struct caller *caller, struct caller *user)
{
    const struct passwd *nobody;

    *user = *caller;
    if (caller->other || geteuid() != 0)
        return;
    nobody = getpwnam("nobody");
    *user = (struct caller){.other = true,
                            .uid = nobody ? nobody->pw_uid : NOBODY,
                            .gid = nobody ? nobody->pw_gid : NOBODY};
}

int caller_become(const struct caller *caller)
{
    const struct passwd *user;

    if (!caller->other)
        return 0;
    user = getpwuid(caller->uid);
    if (user ? initgroups(user->pw_name, caller->gid) : setgroups(1, &caller->gid))
        return -errno;
    if (setgid(caller->gid) || setuid(caller->uid))
        return -errno;
    if (user && (setenv("HOME", user->pw_dir, 1) || setenv("USER", user->pw_name, 1) ||
                 setenv("LOGNAME", user->pw_name, 1)))
        return -errno;
    return 0;
}
