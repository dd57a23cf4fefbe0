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
    int given_up;   /* negative errno: no more is written */
    uint64_t start; /* offset in fd at which our file begins */
    uint64_t size;  /* of our file: its last whole piece ends there */
};

/* The target owns fd from here on. */
void nst_target_init(struct target *t, int fd, const struct nst_writer_hooks *hooks);
/* 0, or a negative errno: then a file is as it was before. */
int nst_target_append(struct target *t, const uint8_t *data, size_t len);
/* 0 or a negative errno. */
int nst_target_close(struct target *t);

#endif
