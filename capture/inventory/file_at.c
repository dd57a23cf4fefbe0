/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/file_at.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Links are refused on the whole way, not only at its end as O_NOFOLLOW does (openat2: 5.6). */
static int open_below(int dir, const char *path, int flags)
{
    struct open_how how = {
        .flags = (unsigned)flags | O_RDONLY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

int file_at_open(int dir, const char *path)
{
    struct stat status;
    /* A FIFO would have us wait for somebody who writes. */
    int fd = open_below(dir, path, O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    close(fd);
    return -EINVAL;
}

int file_at_folder(int dir, const char *path)
{
    return open_below(dir, path, O_DIRECTORY);
}

ssize_t file_at_drain(int fd, char *buf, size_t room)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, buf + len, room - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0) {
            buf[len] = '\0';
            return (ssize_t)len;
        }
        len += (size_t)got;
    }
    return -EFBIG;
}

ssize_t file_at_read(int dir, const char *path, char *buf, size_t room)
{
    int fd = file_at_open(dir, path);
    ssize_t len;

    if (fd < 0)
        return fd;
    len = file_at_drain(fd, buf, room);
    close(fd);
    return len;
}

char *file_at_load(int dir, const char *path, size_t max, size_t *len)
{
    struct stat status;
    int fd = file_at_open(dir, path);
    char *text = NULL;
    ssize_t got = -1;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && status.st_size >= 0 && (size_t)status.st_size <= max)
        text = malloc((size_t)status.st_size + 2);
    if (text)
        got = file_at_drain(fd, text, (size_t)status.st_size + 2);
    close(fd);
    if (got < 0) {
        free(text);
        return NULL;
    }
    *len = (size_t)got;
    return text;
}
