/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/signals.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"

/* How often; enough is two. */
static volatile sig_atomic_t stop;

static volatile sig_atomic_t hangup, report;

static void note_stop(int signal_number)
{
    (void)signal_number;
    if (stop < 2)
        stop++;
}

static void note_hangup(int signal_number)
{
    (void)signal_number;
    hangup = 1;
}

static void note_report(int signal_number)
{
    (void)signal_number;
    report = 1;
}

int signals_catch(sigset_t *before, struct nst_error *err)
{
    static const struct {
        int number;
        void (*note)(int);
    } noted[] = {
        {SIGINT, note_stop}, {SIGTERM, note_stop}, {SIGHUP, note_hangup}, {SIGUSR1, note_report}};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(noted) / sizeof(noted[0]); i++) {
        struct sigaction action = {.sa_handler = noted[i].note};

        sigaddset(&blocked, noted[i].number);
        if (sigaction(noted[i].number, &action, NULL))
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

bool signals_stop_waits(void)
{
    sigset_t waiting;

    return sigpending(&waiting) == 0 &&
           (sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1);
}

bool signals_insist(void)
{
    return stop > 1;
}

/* They are blocked here: none comes between the two accesses. */
static bool take(volatile sig_atomic_t *noted)
{
    bool was = *noted;

    *noted = 0;
    return was;
}

bool signals_take_hangup(void)
{
    return take(&hangup);
}

bool signals_take_report(void)
{
    return take(&report);
}

void signals_stop_now(void)
{
    note_stop(0);
}
