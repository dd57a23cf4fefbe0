/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Being asked to stop, or for something else. */
#ifndef NST_CAPTURE_SIGNALS_H
#define NST_CAPTURE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "format/nstrail.h"

/* From here on SIGINT, SIGTERM, SIGHUP and SIGUSR1 are noted instead of ending us, and blocked but
 * for where *before, the mask until now, is put back: in epoll_pwait(). SIGPIPE is ignored. */
int signals_catch(sigset_t *before, struct nst_error *err);
/* SIGINT or SIGTERM came. */
bool signals_stop(void);
/* Again, while we were stopping. */
bool signals_insist(void);
/* One of them came and is blocked: for where nothing lets it in. */
bool signals_stop_waits(void);
/* SIGHUP and SIGUSR1 came since the last such call. */
bool signals_take_hangup(void);
bool signals_take_report(void);
/* As if SIGTERM had come. */
void signals_stop_now(void);

#endif
