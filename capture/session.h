/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One recording, from loading the programs to the last count. */
#ifndef NST_CAPTURE_SESSION_H
#define NST_CAPTURE_SESSION_H

#include "capture/options.h"

/* argv is for the file, which says how it was made. enum status. */
int session_run(const struct options *options, int argc, char **argv);

#endif
