/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/netns_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_TO_FD "/proc/self/fd/%d"
#define PATH_ROOM  40

/* A handle of a namespace: a number that is never used again, its type and its inum (struct
 * nsfs_file_handle). The number of a network namespace is its cookie. */
#define HANDLE_NSFS  0xf1
#define HANDLE_BYTES 16

struct handle {
    struct file_handle head;
    uint8_t bytes[HANDLE_BYTES];
};

uint32_t netns_file_inum(int fd)
{
    struct stat status;
    struct statfs fs;

    if (fstat(fd, &status) || fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC)
        return 0;
    return (uint32_t)status.st_ino;
}

bool netns_file_read_handle(int dir, const char *name, struct nst_netns *netns)
{
    struct handle handle = {.head.handle_bytes = HANDLE_BYTES};
    uint32_t type;
    int mount;

    if (name_to_handle_at(dir, name, &handle.head, &mount, AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) ||
        handle.head.handle_type != HANDLE_NSFS || handle.head.handle_bytes < HANDLE_BYTES)
        return false;
    memcpy(&netns->cookie, handle.head.f_handle, sizeof(netns->cookie));
    memcpy(&type, handle.head.f_handle + 8, sizeof(type));
    memcpy(&netns->inum, handle.head.f_handle + 12, sizeof(netns->inum));
    return type == CLONE_NEWNET;
}

int netns_file_open_handle(const struct nst_netns *netns)
{
    struct handle handle = {.head = {.handle_bytes = HANDLE_BYTES, .handle_type = HANDLE_NSFS}};
    const uint32_t type = CLONE_NEWNET;
    int fd;

    memcpy(handle.head.f_handle, &netns->cookie, sizeof(netns->cookie));
    memcpy(handle.head.f_handle + 8, &type, sizeof(type));
    memcpy(handle.head.f_handle + 12, &netns->inum, sizeof(netns->inum));
    fd = open_by_handle_at(NETNS_FILE_FD_NSFS, &handle.head, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Opens for reading what an O_PATH descriptor stands for, and closes that. */
static int open_path(int there)
{
    char path[PATH_ROOM];
    int fd;

    snprintf(path, sizeof(path), PATH_TO_FD, there);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    fd = fd < 0 ? -errno : fd;
    close(there);
    return fd;
}

int netns_file_open(int dir, const char *name)
{
    int there = openat(dir, name, O_PATH | O_CLOEXEC);

    if (there < 0)
        return -errno;
    if (netns_file_inum(there))
        return open_path(there);
    close(there);
    return -EINVAL;
}

/* Asks the file for nothing but what the kernel knows of it. */
static bool is_on(int fd, dev_t device)
{
    struct statx status;

    return !statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) &&
           makedev(status.stx_dev_major, status.stx_dev_minor) == device;
}

int netns_file_open_in(int process, const char *path, dev_t nsfs)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED,
    };
    int root = openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), there;

    if (root < 0)
        return -errno;
    there = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    there = there < 0 ? -errno : there;
    close(root);
    if (there < 0 || is_on(there, nsfs))
        return there < 0 ? there : open_path(there);
    close(there);
    return -EINVAL;
}
