/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of a file or a pipe by their offset. Of a file any range can be asked for; of a
 * pipe only what was not released yet. Internal.
 */
#ifndef NST_FORMAT_SOURCE_H
#define NST_FORMAT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
    int fd;
    bool seekable;
    int error; /* negative errno of a failed read; 0: none. Reads then end there */

    /* The bytes at hand: len of them, from offset on. */
    uint8_t *data;
    size_t len, capacity;
    uint64_t offset;
    bool ended; /* of a pipe: nothing comes after the bytes at hand */
};

void nst_source_init(struct source *s, int fd);
void nst_source_free(struct source *s);

/* The len bytes at offset, or as many as there are: *have says. Valid until the next call.
 * NULL: no memory. */
const uint8_t *nst_source_at(struct source *s, uint64_t offset, size_t len, size_t *have);

/* How many bytes from offset on need no reading. */
size_t nst_source_at_hand(const struct source *s, uint64_t offset);

/* Reads no more of a pipe than what is at hand. */
void nst_source_end(struct source *s);

/* Nothing before offset will be asked for again. */
void nst_source_release(struct source *s, uint64_t offset);

#endif
