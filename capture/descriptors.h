/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many files this process may have open: a probe takes one or more of them for as long as it
 * is attached. */
#ifndef NST_CAPTURE_DESCRIPTORS_H
#define NST_CAPTURE_DESCRIPTORS_H

#include <stdint.h>
#include <sys/resource.h>

struct descriptors {
    struct rlimit limit;
};

/* Raises the limit for so many more, as far as we may, and keeps some of them back until
 * descriptors_end(): what takes too many now fails, and not what opens files later. */
void descriptors_begin(struct descriptors *descriptors, uint64_t more);
void descriptors_end(const struct descriptors *descriptors);

#endif
