/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

/* What ends a file says what was lost: on a full disk there is still room for it. */
#define END_BYTES 16384
/* So that the file system is not asked for each block. */
#define AHEAD_BYTES (1 << 20)

/* A regular file is written at offsets of our own, so that a failed write can be repeated at
 * the same place. One opened for appending puts everything at its end anyway. */
void nst_target_init(struct target *t, int fd, const struct nst_writer_hooks *hooks)
{
    struct stat st;
    off_t at = lseek(fd, 0, SEEK_CUR);
    int flags = fcntl(fd, F_GETFL);

    *t = (struct target){.fd = fd, .hooks = *hooks};
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || at < 0 || flags < 0)
        return;
    t->seekable = true;
    t->keeps_room = !(flags & O_APPEND);
    t->start = (uint64_t)(flags & O_APPEND ? st.st_size : at);
}

static int wait_for_room(struct target *t)
{
    struct pollfd room = {.fd = t->fd, .events = POLLOUT};

    if (t->given_up)
        return t->given_up;
    if (poll(&room, 1, t->hooks.wait ? 0 : -1) > 0 || !t->hooks.wait)
        return 0;
    t->given_up = t->hooks.wait(t->hooks.context, t->fd);
    return t->given_up;
}

/* A pipe that has room takes PIPE_BUF bytes at once (pipe(7)): so no write waits for its reader,
 * without O_NONBLOCK, which whoever shares the pipe with us would get too. */
static ssize_t write_some(struct target *t, const uint8_t *data, size_t len, uint64_t offset)
{
    int ret;

    if (t->seekable)
        return pwrite(t->fd, data, len, (off_t)offset);
    ret = wait_for_room(t);
    if (ret < 0) {
        errno = -ret;
        return -1;
    }
    return write(t->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
}

static bool is_retried(struct target *t, int error)
{
    /* Somebody else who has the pipe open may have made it non-blocking, or filled it. */
    if (error == EINTR || error == EAGAIN)
        return true;
    return (error == ENOSPC || error == EDQUOT) && t->hooks.full && t->hooks.full(t->hooks.context);
}

static int write_all(struct target *t, const uint8_t *data, size_t len)
{
    uint64_t offset = t->start + t->size;

    while (len) {
        ssize_t n = write_some(t, data, len, offset);

        if (n < 0) {
            int error = errno;

            if (is_retried(t, error))
                continue;
            return -error;
        }
        if (!n)
            return -EIO;
        data += n;
        len -= (size_t)n;
        offset += (size_t)n;
    }
    return 0;
}

/* Room up to there, without changing the file's size. */
static int take_room(struct target *t, uint64_t end)
{
    uint64_t from = t->start + t->size;

    if (from < t->room)
        from = t->room;
    if (fallocate(t->fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(end - from)) < 0)
        return -errno;
    t->room = end;
    return 0;
}

/* Room for a piece, and for what ends the file; not for the first piece, before which nothing can be
 * lost. A file system that keeps none is none the worse. */
static int make_room(struct target *t, size_t len)
{
    uint64_t end = t->start + t->size + len + END_BYTES;
    int ret;

    if (!t->keeps_room || !t->size || end <= t->room || take_room(t, end + AHEAD_BYTES) == 0)
        return 0;
    do
        ret = take_room(t, end);
    while (ret < 0 && is_retried(t, -ret));
    if (ret == -ENOSPC || ret == -EDQUOT || ret == -EFBIG)
        return ret;
    t->keeps_room = ret == 0;
    return 0;
}

/* After a failed write: back to the last whole piece. A pipe cannot be cut; its reader finds the
 * next block by its magic. Nor is it an error when cutting fails: the next piece, at the same
 * place, overwrites what is there. */
int nst_target_append(struct target *t, const uint8_t *data, size_t len)
{
    int ret = make_room(t, len);

    if (ret < 0)
        return ret;
    ret = write_all(t, data, len);
    if (ret == 0) {
        t->size += len;
    } else if (t->seekable) {
        t->room = 0;
        if (ftruncate(t->fd, (off_t)(t->start + t->size)) < 0)
            return ret;
    }
    return ret;
}

void nst_target_end(struct target *t)
{
    t->keeps_room = false;
}

/* Gives back what was not needed. */
static int give_room(const struct target *t)
{
    uint64_t end = t->start + t->size;

    return t->room > end && ftruncate(t->fd, (off_t)end) < 0 ? -errno : 0;
}

int nst_target_close(struct target *t)
{
    int fd = t->fd, ret;

    if (fd < 0)
        return 0;
    ret = give_room(t);
    /* What is written to the same descriptor after us, by a shell's next command, follows. */
    if (t->seekable)
        lseek(fd, (off_t)(t->start + t->size), SEEK_SET);
    t->fd = -1;
    return close(fd) < 0 ? -errno : ret;
}
