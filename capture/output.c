/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/error.h"

#define FILE_MODE 0600

static int refuse_terminal(int fd, const char *path, struct nst_error *err)
{
    if (!isatty(fd))
        return fd;
    close(fd);
    return nst_fail(err, -EINVAL, "%s: is a terminal, and a capture is no text",
                    strcmp(path, "-") ? path : "standard output");
}

static int open_stdout(struct nst_error *err)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        return nst_fail(err, -errno, "standard output: %s", strerror(errno));
    return refuse_terminal(fd, "-", err);
}

/* Whoever may read the file may read the packets: also of a file that was there before. */
static int restrict_file(int fd, bool created, const struct caller *caller)
{
    struct stat status;

    if (fstat(fd, &status))
        return -errno;
    if (!S_ISREG(status.st_mode))
        return 0;
    if (fchmod(fd, FILE_MODE))
        return -errno;
    if (created && caller->sudo && fchown(fd, caller->uid, caller->gid))
        return -errno;
    return 0;
}

static int open_file(const char *path, bool *created)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    *created = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
    return fd;
}

int output_open(const char *path, const struct caller *caller, struct nst_error *err)
{
    bool created;
    int fd, error;

    if (!strcmp(path, "-"))
        return open_stdout(err);
    fd = open_file(path, &created);
    if (fd < 0)
        return nst_fail(err, -errno, "%s: %s", path, strerror(errno));
    error = restrict_file(fd, created, caller);
    if (error) {
        close(fd);
        return nst_fail(err, error, "%s: %s", path, strerror(-error));
    }
    return refuse_terminal(fd, path, err);
}
