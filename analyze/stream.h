/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes on their way to a descriptor. A thread writes one buffer while the next is filled:
 * copying into the page cache takes as long as making the bytes.
 */
#ifndef NST_ANALYZE_STREAM_H
#define NST_ANALYZE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* stream_room() can be asked for as much. */
#define STREAM_ROOM_MAX (256 * 1024)

struct stream;

/* NULL: no memory. */
struct stream *stream_new(int fd);
/* What was not flushed is lost. */
void stream_free(struct stream *s);

/* Room for that many bytes, and how many of them were then used. */
uint8_t *stream_room(struct stream *s, size_t bytes);
void stream_used(struct stream *s, size_t bytes);

/* errno of the first write that failed, 0: none yet; nothing is written after it. */
int stream_error(const struct stream *s);

/* Waits until everything is written. Answers stream_error(). */
int stream_flush(struct stream *s);
/* Flushes, and goes on to another descriptor. */
void stream_redirect(struct stream *s, int fd);
/* All bytes of a file, from its start. */
void stream_copy(struct stream *s, int fd);

#endif
