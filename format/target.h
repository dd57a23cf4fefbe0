/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file or pipe that a writer appends to: whole pieces, or nothing of them. Internal. */
#ifndef NST_FORMAT_TARGET_H
#define NST_FORMAT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct target {
    int fd; /* -1: none */
    struct nst_writer_hooks hooks;
    bool seekable;
    bool keeps_room; /* its file system can give us room ahead */
    int given_up;   /* negative errno: no more is written */
    uint64_t start; /* offset in fd at which our file begins */
    uint64_t size;  /* of our file: its last whole piece ends there */
    uint64_t room;  /* offset in fd up to which there is room for sure */
};

/* The target owns fd from here on. */
void nst_target_init(struct target *t, int fd, const struct nst_writer_hooks *hooks);
/* 0, or a negative errno: then a file is as it was before. Leaves room for what ends it. */
int nst_target_append(struct target *t, const uint8_t *data, size_t len);
/* From here on that room may be used. */
void nst_target_end(struct target *t);
/* 0 or a negative errno. */
int nst_target_close(struct target *t);

#endif
