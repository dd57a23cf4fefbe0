/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A copy of the BPF object to put instructions into: libbpf gives no access to
 * functions that programs call, so that these are replaced before it reads the object.
 */
#ifndef NST_CAPTURE_OBJECT_IMAGE_H
#define NST_CAPTURE_OBJECT_IMAGE_H

#include <linux/bpf.h>
#include <stddef.h>

#include "format/nstrail.h"

struct object_image {
    unsigned char *bytes;
    size_t length;
};

int object_image_init(struct object_image *image, const void *bytes, size_t length,
                      struct nst_error *err);
void object_image_free(struct object_image *image);

/* Where a function's instructions stand, and how many it has. */
struct object_image_place {
    size_t at;
    size_t count;
};

int object_image_find(const struct object_image *image, const char *function,
                      struct object_image_place *place, struct nst_error *err);
/* What stands there, and what is to stand there instead: all of it, so that what else describes the
 * function still fits. */
void object_image_get(const struct object_image *image, const struct object_image_place *place,
                      struct bpf_insn *insns);
void object_image_put(struct object_image *image, const struct object_image_place *place,
                      const struct bpf_insn *insns);

#endif
