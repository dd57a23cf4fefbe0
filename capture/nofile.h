/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* RLIMIT_NOFILE, how many files this process may have open: a probe takes one or more of them for
 * as long as it is attached. */
#ifndef NST_CAPTURE_NOFILE_H
#define NST_CAPTURE_NOFILE_H

#include <stdint.h>
#include <sys/resource.h>

struct nofile {
    struct rlimit limit;
};

/* Raises the limit for so many more, as far as we may, and keeps some of them back until
 * nofile_end(): what takes too many now fails, and not what opens files later. */
void nofile_begin(struct nofile *descriptors, uint64_t more);
void nofile_end(const struct nofile *descriptors);

#endif
