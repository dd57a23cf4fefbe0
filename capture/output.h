/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the capture goes. */
#ifndef NST_CAPTURE_OUTPUT_H
#define NST_CAPTURE_OUTPUT_H

#include <stdint.h>

#include "capture/caller.h"
#include "format/nstrail.h"

/* Opens path for a capture, "-" being standard output; refuses a terminal. A new file is only
 * its owner's, and that is the caller. The file descriptor, or <0. */
int output_open(const char *path, const struct caller *caller, struct nst_error *err);

#endif
