/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/netns_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* since 5.14 (e8b9eab99232) */
#endif

/* More names are not remembered: a host that makes a namespace a second for hours must not make
 * its recorder grow. Those that are gone the longest are forgotten. */
#define NAMES_MAX 16384

/* A change so recent may be followed by another of the same timestamp. */
#define FRESH_NS 50000000
/* `ip netns add` makes a file first, and mounts the namespace on it then. */
#define MOUNTED_WITHIN_NS 1000000000

struct netns_names {
    char *directory;
    int own;        /* our own namespace, to come back to */
    int mounts;     /* says when a file system is mounted or unmounted */
    bool unsettled; /* look again even if the directory does not change */
    struct timespec changed;
    uint64_t last_scan_ns;
    struct nst_netns_name *list;
    size_t count, room;
    size_t next; /* where the directory's next name probably is in the list */
};

struct netns_names *netns_names_new(const char *directory)
{
    struct netns_names *names = calloc(1, sizeof(*names));

    if (!names)
        return NULL;
    names->own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    names->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    names->unsettled = true;
    names->directory = strdup(directory);
    if (!names->directory) {
        netns_names_free(names);
        return NULL;
    }
    return names;
}

void netns_names_free(struct netns_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->list[i].name);
    if (names->own >= 0)
        close(names->own);
    if (names->mounts >= 0)
        close(names->mounts);
    free(names->list);
    free(names->directory);
    free(names);
}

int netns_names_fd(const struct netns_names *names)
{
    return names->mounts;
}

/* A socket tells the cookie of the namespace that it was made in. *cookie stays 0 where the
 * kernel or our privileges do not let us ask. */
static int read_cookie(const struct netns_names *names, int fd, uint64_t *cookie)
{
    socklen_t length = sizeof(*cookie);
    int probe;

    *cookie = 0;
    if (names->own < 0 || setns(fd, CLONE_NEWNET))
        return 0;
    probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe >= 0) {
        if (getsockopt(probe, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &length))
            *cookie = 0;
        close(probe);
    }
    return setns(names->own, CLONE_NEWNET) ? -errno : 0;
}

static bool is_namespace(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

static size_t oldest_gone(const struct netns_names *names, uint64_t now_ns)
{
    size_t oldest = names->count;

    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i].last_ts_ns == now_ns)
            continue;
        if (oldest == names->count ||
            names->list[i].last_ts_ns < names->list[oldest].last_ts_ns)
            oldest = i;
    }
    return oldest;
}

/* A free entry, or NULL: no room or no memory, the name goes unrecorded. */
static struct nst_netns_name *new_entry(struct netns_names *names, uint64_t now_ns)
{
    if (names->count == NAMES_MAX) {
        size_t oldest = oldest_gone(names, now_ns);

        if (oldest == names->count)
            return NULL;
        free((char *)names->list[oldest].name);
        return &names->list[oldest];
    }
    if (names->count == names->room) {
        size_t room = names->room ? 2 * names->room : 64;
        struct nst_netns_name *list = reallocarray(names->list, room, sizeof(*list));

        if (!list)
            return NULL;
        names->list = list;
        names->room = room;
    }
    return &names->list[names->count++];
}

static struct nst_netns_name *find(struct netns_names *names, const char *name, uint32_t inum)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t at = (names->next + i) % names->count;
        struct nst_netns_name *entry = &names->list[at];

        /* One that was away in between may be another namespace with its number. */
        if (entry->netns.inum == inum && entry->last_ts_ns == names->last_scan_ns &&
            !strcmp(entry->name, name)) {
            names->next = at + 1;
            return entry;
        }
    }
    return NULL;
}

static int add(struct netns_names *names, const char *name, uint32_t inum, int fd,
               uint64_t now_ns)
{
    uint64_t cookie;
    int error = read_cookie(names, fd, &cookie);
    char *copy = strdup(name);
    struct nst_netns_name *entry = copy ? new_entry(names, now_ns) : NULL;

    if (!entry) {
        free(copy);
        return error;
    }
    *entry = (struct nst_netns_name){.netns = {.cookie = cookie, .inum = inum},
                                     .name = copy,
                                     .first_ts_ns = now_ns,
                                     .last_ts_ns = now_ns};
    return error;
}

static bool is_fresh(const struct timespec *changed, int64_t fresh_ns)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)(now.tv_sec - changed->tv_sec) * 1000000000 + now.tv_nsec - changed->tv_nsec <
           fresh_ns;
}

static int scan_name(struct netns_names *names, int directory, const char *name, uint64_t now_ns)
{
    struct nst_netns_name *entry;
    struct stat status;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int error = 0;

    if (fd < 0)
        return 0;
    if (fstat(fd, &status) == 0 && is_namespace(fd)) {
        entry = find(names, name, status.st_ino);
        if (entry)
            entry->last_ts_ns = now_ns;
        else
            error = add(names, name, status.st_ino, fd, now_ns);
    } else if (is_fresh(&status.st_mtim, MOUNTED_WITHIN_NS)) {
        names->unsettled = true;
    }
    close(fd);
    return error;
}

static int scan_directory(struct netns_names *names, DIR *directory, uint64_t now_ns)
{
    const struct dirent *entry;
    int error = 0;

    while (!error && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            error = scan_name(names, dirfd(directory), entry->d_name, now_ns);
    return error;
}

/* Everything that was there at the last scan still is. */
static void still_there(struct netns_names *names, uint64_t now_ns)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->list[i].last_ts_ns == names->last_scan_ns)
            names->list[i].last_ts_ns = now_ns;
}

static int scan_changed(struct netns_names *names, const struct timespec *changed,
                        uint64_t now_ns)
{
    DIR *directory = opendir(names->directory);
    int error;

    if (!directory)
        return 0;
    names->unsettled = is_fresh(changed, FRESH_NS);
    names->changed = *changed;
    error = scan_directory(names, directory, now_ns);
    closedir(directory);
    return error;
}

int netns_names_scan(struct netns_names *names, uint64_t now_ns)
{
    struct stat status;
    int error = 0;

    if (stat(names->directory, &status))
        return 0;
    if (!names->unsettled && status.st_mtim.tv_sec == names->changed.tv_sec &&
        status.st_mtim.tv_nsec == names->changed.tv_nsec)
        still_there(names, now_ns);
    else
        error = scan_changed(names, &status.st_mtim, now_ns);
    names->last_scan_ns = now_ns;
    return error;
}

const struct nst_netns_name *netns_names_list(const struct netns_names *names, size_t *count)
{
    *count = names->count;
    return names->list;
}
