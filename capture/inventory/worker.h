/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process that looks at the host: what it does all the time. */
#ifndef NST_CAPTURE_INVENTORY_WORKER_H
#define NST_CAPTURE_INVENTORY_WORKER_H

#include <sys/types.h>

#include "capture/inventory/scanner.h"

/* Serves the recorder at the other end of the socket, whose process it is a child of, until that
 * is gone. */
_Noreturn void worker_run(int socket, pid_t recorder, const struct scanner_options *options);

#endif
