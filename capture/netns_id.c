/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/netns_id.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "format/error.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since 5.14 (e8b9eab99232) */
#endif

/* A socket tells the cookie of the namespace that it was made in; 0: unknown. */
static uint64_t own_cookie(void)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof(cookie);
    int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (probe < 0)
        return 0;
    if (getsockopt(probe, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length))
        cookie = 0;
    close(probe);
    return cookie;
}

/* By way of that namespace. */
static int read_cookie(int fd, uint64_t *cookie)
{
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), error = 0;

    *cookie = 0;
    if (own < 0)
        return 0;
    if (!setns(fd, CLONE_NEWNET)) {
        *cookie = own_cookie();
        if (setns(own, CLONE_NEWNET))
            error = -EDEADLK;
    }
    close(own);
    return error;
}

bool netns_hides_cookies(void)
{
    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    bool refused = own >= 0 && setns(own, CLONE_NEWNET) && errno == EPERM;

    if (own >= 0)
        close(own);
    return refused && own_cookie();
}

static bool is_netns(int fd)
{
    struct statfs fs;

    return !fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

int netns_identify(int dir, const char *path, struct nst_netns *netns)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint64_t cookie = 0;
    struct stat status;
    int error = 0;

    if (fd < 0)
        return -errno;
    if (!is_netns(fd))
        error = -EINVAL;
    else if (fstat(fd, &status))
        error = -errno;
    else
        error = read_cookie(fd, &cookie);
    close(fd);
    if (!error)
        *netns = (struct nst_netns){.cookie = cookie, .inum = (uint32_t)status.st_ino};
    return error;
}

int netns_no_way_back(struct nst_error *err)
{
    return nst_fail(err, -EDEADLK, "cannot come back to our own network namespace");
}
