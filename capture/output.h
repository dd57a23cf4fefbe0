/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the capture goes. */
#ifndef NST_CAPTURE_OUTPUT_H
#define NST_CAPTURE_OUTPUT_H

#include <stdbool.h>

#include "capture/caller.h"
#include "format/nstrail.h"

/* Standard output, unless it is a terminal. The file descriptor, or <0. */
int output_stdout(struct nst_error *err);

/* Where nothing is kept of what is written. A file descriptor, or <0. */
int output_none(struct nst_error *err);

/* Opens path for a capture. A new file is only its owner's, and that is the caller. What is there
 * is taken, and overwritten once output_begin() says so, if that is wanted, unless it is a
 * terminal, another recorder writes it, or it is, or is a link, of a user who is neither root, nor
 * we, nor the caller; else -EEXIST. Waits for the reader of a named pipe. The file descriptor, or
 * <0. */
int output_open(const char *path, bool overwrite, const struct caller *caller, bool *created,
                struct nst_error *err);
/* From here on there is nothing but what we write. 0 or a negative errno. */
int output_begin(int fd);

#endif
