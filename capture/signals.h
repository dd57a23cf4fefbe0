/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Being asked to stop. */
#ifndef NST_CAPTURE_SIGNALS_H
#define NST_CAPTURE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "format/nstrail.h"

/* From here on SIGINT, SIGTERM and SIGHUP are noted instead of ending us, and blocked but for where
 * *before, the mask until now, is put back: in epoll_pwait(). SIGPIPE is ignored. */
int signals_catch(sigset_t *before, struct nst_error *err);
bool signals_stop(void);
/* Again, while we were stopping. */
bool signals_insist(void);

#endif
