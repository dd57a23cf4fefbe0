/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a pipe is read in, and the least that is allocated. */
enum { READ_SIZE = 64 * 1024 };

void nst_source_init(struct source *s, int fd)
{
    struct stat st;

    *s = (struct source){.fd = fd};
    s->seekable = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

void nst_source_free(struct source *s)
{
    free(s->data);
    s->data = NULL;
}

static bool make_room(struct source *s, size_t size)
{
    size_t capacity = s->capacity ? s->capacity : READ_SIZE;
    uint8_t *data;

    if (size <= s->capacity)
        return true;
    while (capacity < size)
        capacity *= 2;
    data = realloc(s->data, capacity);
    if (!data)
        return false;
    s->data = data;
    s->capacity = capacity;
    return true;
}

/* Replaces what is at hand by the bytes of the file at offset. */
static const uint8_t *file_at(struct source *s, uint64_t offset, size_t len)
{
    ssize_t n;

    if (!make_room(s, len))
        return NULL;
    s->offset = offset;
    s->len = 0;
    if (offset > INT64_MAX - len)
        return s->data;
    while (s->len < len) {
        n = pread(s->fd, s->data + s->len, len - s->len, (off_t)(offset + s->len));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            s->error = -errno;
        if (n <= 0)
            break;
        s->len += (size_t)n;
    }
    return s->data;
}

/* Reads on until the bytes up to `end` from the window's start are at hand. The buffer grows
 * with what arrives, never with what was only asked for. */
static bool pipe_fill(struct source *s, size_t end)
{
    struct pollfd ready = {.fd = s->fd, .events = POLLIN};
    ssize_t n;

    while (s->len < end && !s->ended) {
        if (!make_room(s, s->len + READ_SIZE))
            return false;
        n = read(s->fd, s->data + s->len, s->capacity - s->len);
        if (n < 0 && errno == EINTR)
            continue;
        /* Somebody else who has the pipe open may have made it non-blocking. */
        if (n < 0 && errno == EAGAIN && poll(&ready, 1, -1) >= 0)
            continue;
        if (n < 0)
            s->error = -errno;
        if (n <= 0)
            s->ended = true;
        else
            s->len += (size_t)n;
    }
    return true;
}

const uint8_t *nst_source_at(struct source *s, uint64_t offset, size_t len, size_t *have)
{
    bool within = s->data && offset >= s->offset && offset - s->offset <= s->len;
    const uint8_t *p;
    size_t start;

    *have = 0;
    if (s->seekable && !(within && len <= s->len - (size_t)(offset - s->offset))) {
        p = file_at(s, offset, len);
        *have = s->len;
        return p;
    }
    if (!s->seekable) {
        if (!make_room(s, READ_SIZE) || !pipe_fill(s, (size_t)(offset - s->offset) + len))
            return NULL;
    }
    start = (size_t)(offset - s->offset);
    if (start > s->len)
        start = s->len;
    *have = s->len - start < len ? s->len - start : len;
    return s->data + start;
}

size_t nst_source_at_hand(const struct source *s, uint64_t offset)
{
    bool within = offset >= s->offset && offset - s->offset <= s->len;

    return within ? s->len - (size_t)(offset - s->offset) : 0;
}

void nst_source_end(struct source *s)
{
    s->ended = true;
    s->len = 0;
}

void nst_source_release(struct source *s, uint64_t offset)
{
    size_t gone = (size_t)(offset - s->offset);

    if (s->seekable || offset <= s->offset)
        return;
    if (gone > s->len)
        gone = s->len;
    /* Never moves more than it gives up: a hostile file has a header every few bytes, each
     * with megabytes after it that were read already. */
    if (gone < s->len - gone)
        return;
    memmove(s->data, s->data + gone, s->len - gone);
    s->len -= gone;
    s->offset += gone;
}
