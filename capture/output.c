/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
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

int output_stdout(struct nst_error *err)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        return nst_fail(err, -errno, "standard output: %s", strerror(errno));
    return refuse_terminal(fd, "-", err);
}

int output_none(struct nst_error *err)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    return fd < 0 ? nst_fail(err, -errno, "/dev/null: %s", strerror(errno)) : fd;
}

/* One recorder a file. Where locks do not work, as on some network file systems, we do without. */
static int lock_file(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK ? -EBUSY : 0;
}

/* Whoever may read the file may read the packets: also of a file that was there before. */
static int prepare(int fd, bool created, const struct caller *caller)
{
    struct stat status;
    int error;

    if (fstat(fd, &status))
        return -errno;
    if (!S_ISREG(status.st_mode))
        return 0;
    error = lock_file(fd);
    if (error)
        return error;
    if (fchmod(fd, FILE_MODE) || (!created && ftruncate(fd, 0)))
        return -errno;
    if (created && caller->other && geteuid() == 0 && fchown(fd, caller->uid, caller->gid))
        return -errno;
    return 0;
}

static int open_file(const char *path, bool overwrite, bool *created)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    *created = fd >= 0;
    if (fd < 0 && errno == EEXIST && overwrite)
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return fd;
}

static int fail_open(const char *path, int error, struct nst_error *err)
{
    struct stat status;

    if (error == -EEXIST && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return nst_fail(err, -EINVAL, "%s: is no regular file, of which there can be several",
                        path);
    return nst_fail(err, error, "%s: %s", path, strerror(-error));
}

int output_open(const char *path, bool overwrite, const struct caller *caller,
                struct nst_error *err)
{
    bool created;
    int fd = open_file(path, overwrite, &created), error;

    if (fd < 0)
        return fail_open(path, -errno, err);
    error = prepare(fd, created, caller);
    if (!error)
        return refuse_terminal(fd, path, err);
    close(fd);
    if (error == -EBUSY)
        return nst_fail(err, error, "%s: another recorder writes it", path);
    return nst_fail(err, error, "%s: %s", path, strerror(-error));
}
