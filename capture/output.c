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

#include "capture/capabilities.h"
#include "capture/signals.h"
#include "format/error.h"

#define FILE_MODE 0600
/* Between looking for a pipe's reader. */
#define READER_WAIT_US 20000

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

/* Which root has, but as a service or in a container perhaps not. */
static bool lacks_override(void)
{
    struct capabilities have;

    return !geteuid() && !capabilities_get(&have) &&
           !(have.effective & CAPABILITY_BIT(CAP_DAC_OVERRIDE));
}

static int fail_open(const char *path, int error, struct nst_error *err)
{
    struct stat status;

    if (error == -EEXIST && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return nst_fail(err, -EINVAL, "%s: is no regular file, of which there can be several",
                        path);
    if (error == -EINTR)
        return nst_fail(err, error, "%s: stopped before anybody read it", path);
    if (error == -EACCES && lacks_override())
        return nst_fail(err, error, "%s: %s; root needs CAP_DAC_OVERRIDE for it", path,
                        strerror(-error));
    return nst_fail(err, error, "%s: %s", path, strerror(-error));
}

/* One recorder a file. Where locks do not work, as on some network file systems, we do without. */
static int lock_file(int fd, const char *path, struct nst_error *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return nst_fail(err, -EBUSY, "%s: another recorder writes it", path);
    return 0;
}

/* What we made is ours until it is given away, if it is somebody else's. */
static int give(int fd, const char *path, const struct caller *caller, struct nst_error *err)
{
    if (!caller->other || caller->uid == geteuid() || !fchown(fd, caller->uid, caller->gid))
        return 0;
    return nst_fail(err, -errno, "%s: cannot give it to user %lu: %s%s", path,
                    (unsigned long)caller->uid, strerror(errno),
                    errno == EPERM ? "; it takes CAP_CHOWN, and a file system with owners" : "");
}

/* Whoever may read the file may read the packets: also of a file that was there before. */
static int hide(int fd, const char *path, struct nst_error *err)
{
    if (!fchmod(fd, FILE_MODE))
        return 0;
    return nst_fail(err, -errno, "%s: cannot hide it from other users: %s%s", path, strerror(errno),
                    errno == EPERM ? "; of root's file it takes CAP_FOWNER" : "");
}

static bool is_trusted(uid_t owner, const struct caller *caller)
{
    return owner == 0 || owner == geteuid() || (caller->other && owner == caller->uid);
}

static int refuse_others(const char *path, const char *what, uid_t owner, struct nst_error *err)
{
    return nst_fail(err, -EPERM,
                    "%s: is %s of user %lu, who could read or redirect what is recorded", path,
                    what, (unsigned long)owner);
}

static int prepare(int fd, const char *path, bool created, const struct caller *caller,
                   struct nst_error *err)
{
    struct stat status;
    int error;

    if (fstat(fd, &status))
        return fail_open(path, -errno, err);
    if (!S_ISREG(status.st_mode))
        return 0;
    if (!is_trusted(status.st_uid, caller))
        return refuse_others(path, "a file", status.st_uid, err);
    error = lock_file(fd, path, err);
    if (!error)
        error = hide(fd, path, err);
    if (error)
        return error;
    return created ? give(fd, path, caller, err) : 0;
}

static bool is_pipe(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* What is there. A pipe opens once somebody reads it; or it is time to stop first. */
static int open_existing(const char *path)
{
    int fd;

    while ((fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) < 0) {
        if (errno != ENXIO || !is_pipe(path))
            return -1;
        if (signals_stop_waits()) {
            errno = EINTR;
            return -1;
        }
        usleep(READER_WAIT_US);
    }
    fcntl(fd, F_SETFL, 0);
    return fd;
}

static int open_file(const char *path, bool overwrite, bool *created)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

    *created = fd >= 0;
    return fd < 0 && errno == EEXIST && overwrite ? open_existing(path) : fd;
}

int output_open(const char *path, bool overwrite, const struct caller *caller, bool *created,
                struct nst_error *err)
{
    struct stat status;
    int fd, error;

    /* Whose link it is says where it leads: in a folder that others may write to. */
    if (overwrite && lstat(path, &status) == 0 && S_ISLNK(status.st_mode) &&
        !is_trusted(status.st_uid, caller))
        return refuse_others(path, "a link", status.st_uid, err);
    fd = open_file(path, overwrite, created);
    if (fd < 0)
        return fail_open(path, -errno, err);
    error = prepare(fd, path, *created, caller, err);
    if (!error)
        return refuse_terminal(fd, path, err);
    /* Another recorder that has the lock has the file, whoever made it. */
    if (*created && error != -EBUSY)
        unlink(path);
    close(fd);
    return error;
}

int output_begin(int fd)
{
    struct stat status;

    if (fstat(fd, &status))
        return -errno;
    return S_ISREG(status.st_mode) && ftruncate(fd, 0) ? -errno : 0;
}
