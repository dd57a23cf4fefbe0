/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/stream.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Large enough that the kernel takes large folios for the pages, small enough for a cache. */
#define BUFFER_BYTES (1024 * 1024)

struct stream {
    int fd;
    atomic_int error;
    uint8_t *buffers[2];
    unsigned filling; /* one of them; the thread has the other one */
    size_t used;      /* of it */

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    size_t handed_over; /* bytes for the thread to write; 0: it has none */
    bool stop;
};

static void write_all(struct stream *s, const uint8_t *data, size_t size)
{
    while (size && !s->error) {
        ssize_t n = write(s->fd, data, size);

        if (n >= 0) {
            data += n;
            size -= (size_t)n;
        } else if (errno != EINTR) {
            s->error = errno;
        }
    }
}

static void *write_behind(void *context)
{
    struct stream *s = context;

    pthread_mutex_lock(&s->lock);
    for (;;) {
        size_t size = s->handed_over;

        if (!size && s->stop)
            break;
        if (!size) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        /* Nobody changes s->filling meanwhile: that waits for our answer. */
        write_all(s, s->buffers[!s->filling], size);
        pthread_mutex_lock(&s->lock);
        s->handed_over = 0;
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Without a thread the writing is done by the caller, later and no less well. */
static void start_thread(struct stream *s)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = pthread_create(&s->thread, NULL, write_behind, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct stream *stream_new(int fd)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->fd = fd;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->buffers[0] = malloc(BUFFER_BYTES);
    s->buffers[1] = malloc(BUFFER_BYTES);
    if (!s->buffers[0] || !s->buffers[1]) {
        stream_free(s);
        return NULL;
    }
    start_thread(s);
    return s;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    if (s->has_thread) {
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s->buffers[0]);
    free(s->buffers[1]);
    free(s);
}

static void wait_for_thread(struct stream *s)
{
    while (s->handed_over)
        pthread_cond_wait(&s->changed, &s->lock);
}

static void hand_over(struct stream *s)
{
    if (!s->has_thread) {
        write_all(s, s->buffers[s->filling], s->used);
    } else if (s->used) {
        pthread_mutex_lock(&s->lock);
        wait_for_thread(s);
        s->filling = !s->filling;
        s->handed_over = s->used;
        pthread_cond_signal(&s->changed);
        pthread_mutex_unlock(&s->lock);
    }
    s->used = 0;
}

uint8_t *stream_room(struct stream *s, size_t bytes)
{
    if (bytes > BUFFER_BYTES - s->used)
        hand_over(s);
    return s->buffers[s->filling] + s->used;
}

void stream_used(struct stream *s, size_t bytes)
{
    s->used += bytes;
}

int stream_error(const struct stream *s)
{
    return s->error;
}

int stream_flush(struct stream *s)
{
    hand_over(s);
    if (s->has_thread) {
        pthread_mutex_lock(&s->lock);
        wait_for_thread(s);
        pthread_mutex_unlock(&s->lock);
    }
    return s->error;
}

void stream_redirect(struct stream *s, int fd)
{
    stream_flush(s);
    s->fd = fd;
}

void stream_copy(struct stream *s, int fd)
{
    off_t pos = 0;

    while (!s->error) {
        ssize_t n = pread(fd, stream_room(s, STREAM_ROOM_MAX), STREAM_ROOM_MAX, pos);

        if (n == 0)
            return;
        if (n > 0) {
            pos += n;
            stream_used(s, (size_t)n);
        } else if (errno != EINTR) {
            s->error = errno;
        }
    }
}
