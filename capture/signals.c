/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/signals.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"

/* How often; enough is two. */
static volatile sig_atomic_t stop;

static void note_stop(int signal_number)
{
    (void)signal_number;
    if (stop < 2)
        stop++;
}

int signals_catch(sigset_t *before, struct nst_error *err)
{
    static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note_stop}, ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++) {
        sigaddset(&blocked, stopping[i]);
        if (sigaction(stopping[i], &action, NULL))
            return nst_fail(err, -errno, "sigaction: %s", strerror(errno));
    }
    if (sigaction(SIGPIPE, &ignore, NULL) || sigprocmask(SIG_BLOCK, &blocked, before))
        return nst_fail(err, -errno, "sigprocmask: %s", strerror(errno));
    return 0;
}

bool signals_stop(void)
{
    return stop;
}

bool signals_insist(void)
{
    return stop > 1;
}
