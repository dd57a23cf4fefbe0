/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What earlier recordings left under the names of this one: captures that nobody writes any more
 * belong to its ring, and one that somebody still writes is left to them. Whether somebody does is
 * said by the lock that output.h takes.
 */
#ifndef NST_CAPTURE_EARLIER_FILES_H
#define NST_CAPTURE_EARLIER_FILES_H

#include "capture/file_ring.h"
#include "capture/files.h"

/* Adds them to the ring. -EBUSY: somebody writes to one of them. -EINVAL: the ring's files could
 * not be known again by such names, and it would grow with each recording. */
int earlier_files_adopt(const struct files_options *options, struct file_ring *ring,
                        struct nst_error *err);

/* Whether another recorder writes the file. */
bool earlier_files_busy(const char *path);
int earlier_files_fail_busy(const char *path, struct nst_error *err);

#endif
