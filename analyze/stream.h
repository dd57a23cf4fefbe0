/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes on their way to a descriptor. A thread writes one buffer while the next is filled:
 * copying into the page cache takes as long as making the bytes.
 */
#ifndef NST_ANALYZE_STREAM_H
#define NST_ANALYZE_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* stream_room() can be asked for as much. */
#define STREAM_ROOM_MAX (256 * 1024)

struct stream_writer;

struct stream {
    uint8_t *next, *end; /* of the buffer that is filled now */
    struct stream_writer *writer;
};

/* NULL: no memory. */
struct stream *stream_new(int fd);
/* What was not flushed is lost. */
void stream_free(struct stream *s);

void stream_hand_over(struct stream *s);

/* Room for that many bytes, and how many of them were then used. */
static inline uint8_t *stream_room(struct stream *s, size_t bytes)
{
    if (bytes > (size_t)(s->end - s->next))
        stream_hand_over(s);
    return s->next;
}

static inline void stream_used(struct stream *s, size_t bytes)
{
    s->next += bytes;
}

/* errno of the first write that failed, 0: none yet; nothing is written after it. */
int stream_error(const struct stream *s);

/* Waits until everything is written. Answers stream_error(). */
int stream_flush(struct stream *s);
/* Flushes, and goes on to another descriptor. */
void stream_redirect(struct stream *s, int fd);
/* All bytes of a file, from its start. */
void stream_copy(struct stream *s, int fd);

#endif
