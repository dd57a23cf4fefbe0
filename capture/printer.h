/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `nstrail print -`, run on a pipe from us, without any privileges. */
#ifndef NST_CAPTURE_PRINTER_H
#define NST_CAPTURE_PRINTER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "capture/caller.h"
#include "capture/ending.h"
#include "format/nstrail.h"

struct printer {
    pid_t pid;
    int pipe;   /* writes to it do not wait; -1: closed */
    int exited; /* becomes readable when it has ended; -1: there is none */
};

/* Runs the nstrail that stands beside our own program, else the installed one; as the caller under
 * sudo, as nobody if we are root otherwise. The signals of *mask are blocked in it. */
int printer_start(struct printer *printer, const struct caller *caller, const sigset_t *mask,
                  struct nst_error *err);
/* It has all that it will get: waits until it ends, unless that is time to stop. false: it failed,
 * as far as is known. */
bool printer_finish(struct printer *printer, struct ending *ending);

#endif
