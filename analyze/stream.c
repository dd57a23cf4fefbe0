/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/stream.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Large enough that the kernel takes large folios for the pages and that waking a thread counts
 * for little, small enough for a cache. */
#define BUFFER_BYTES (1024 * 1024)

/* One is filled, one is written, and one waits, so that neither side does at each little delay. */
#define BUFFERS 3

struct stream_writer {
    int fd;
    atomic_int error;
    uint8_t *buffers[BUFFERS];

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    size_t sizes[BUFFERS];   /* of what was filled */
    size_t filled, written; /* buffers so far; number n is buffers[n % BUFFERS] */
    bool stop;
};

static void write_all(struct stream_writer *w, const uint8_t *data, size_t size)
{
    while (size && !w->error) {
        ssize_t n = write(w->fd, data, size);

        if (n >= 0) {
            data += n;
            size -= (size_t)n;
        } else if (errno != EINTR) {
            w->error = errno;
        }
    }
}

static void *write_behind(void *context)
{
    struct stream_writer *w = context;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        size_t number = w->written % BUFFERS;

        if (w->written < w->filled) {
            pthread_mutex_unlock(&w->lock);
            write_all(w, w->buffers[number], w->sizes[number]);
            pthread_mutex_lock(&w->lock);
            w->written++;
            pthread_cond_signal(&w->changed);
        } else if (w->stop) {
            break;
        } else {
            pthread_cond_wait(&w->changed, &w->lock);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Without a thread the writing is done by the caller, later and no less well. */
static void start_thread(struct stream_writer *w)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    w->has_thread = pthread_create(&w->thread, NULL, write_behind, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_thread(struct stream_writer *w)
{
    if (!w->has_thread)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
}

static void writer_free(struct stream_writer *w)
{
    if (!w)
        return;
    stop_thread(w);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    for (unsigned i = 0; i < BUFFERS; i++)
        free(w->buffers[i]);
    free(w);
}

static struct stream_writer *writer_new(int fd)
{
    struct stream_writer *w = calloc(1, sizeof(*w));
    bool ok = true;

    if (!w)
        return NULL;
    w->fd = fd;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    for (unsigned i = 0; i < BUFFERS; i++)
        ok &= (w->buffers[i] = malloc(BUFFER_BYTES)) != NULL;
    if (ok) {
        start_thread(w);
        return w;
    }
    writer_free(w);
    return NULL;
}

static void fill_next(struct stream *s)
{
    s->next = s->writer->buffers[s->writer->filled % BUFFERS];
    s->end = s->next + BUFFER_BYTES;
}

struct stream *stream_new(int fd)
{
    struct stream *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->writer = writer_new(fd);
    if (!s->writer) {
        free(s);
        return NULL;
    }
    fill_next(s);
    return s;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    writer_free(s->writer);
    free(s);
}

/* Waits until no more than so many buffers are to be written. */
static void wait_for_writer(struct stream_writer *w, size_t left)
{
    while (w->filled - w->written > left)
        pthread_cond_wait(&w->changed, &w->lock);
}

void stream_hand_over(struct stream *s)
{
    struct stream_writer *w = s->writer;
    size_t number = w->filled % BUFFERS;
    size_t used = BUFFER_BYTES - (size_t)(s->end - s->next);

    if (!w->has_thread) {
        write_all(w, w->buffers[number], used);
    } else if (used) {
        pthread_mutex_lock(&w->lock);
        w->sizes[number] = used;
        w->filled++;
        pthread_cond_signal(&w->changed);
        wait_for_writer(w, BUFFERS - 1);
        pthread_mutex_unlock(&w->lock);
    }
    fill_next(s);
}

int stream_error(const struct stream *s)
{
    return s->writer->error;
}

int stream_flush(struct stream *s)
{
    stream_hand_over(s);
    if (s->writer->has_thread) {
        pthread_mutex_lock(&s->writer->lock);
        wait_for_writer(s->writer, 0);
        pthread_mutex_unlock(&s->writer->lock);
    }
    return s->writer->error;
}

void stream_redirect(struct stream *s, int fd)
{
    stream_flush(s);
    s->writer->fd = fd;
}

void stream_copy(struct stream *s, int fd)
{
    off_t pos = 0;

    while (!s->writer->error) {
        ssize_t n = pread(fd, stream_room(s, STREAM_ROOM_MAX), STREAM_ROOM_MAX, pos);

        if (n == 0)
            return;
        if (n > 0) {
            pos += n;
            stream_used(s, (size_t)n);
        } else if (errno != EINTR) {
            s->writer->error = errno;
        }
    }
}
