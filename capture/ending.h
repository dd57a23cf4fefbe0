/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When it is time to stop, also while whoever reads our output lets us wait. */
#ifndef NST_CAPTURE_ENDING_H
#define NST_CAPTURE_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct ending {
    sigset_t signals;     /* the mask that lets them in */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
    uint64_t give_up_ns;  /* when ending_wait() does; 0: it did not have to wait since it is time */

    /* SIGHUP asks to stop where there is one output only, or where the terminal that we had at the
     * start is gone, but never under nohup(1). Otherwise it asks for a new file. */
    bool outlives_hangup; /* under nohup(1) */
    bool hangup_ends;     /* there is one output only */
    bool had_terminal;
    bool next_file; /* it was asked for; whoever begins it clears this */
};

/* Before signals_catch(). hangup_ends: there is only one output. The rest of *ending is set already,
 * or zero. */
void ending_begin(struct ending *ending, bool hangup_ends);

/* A signal came, or the deadline. */
bool ending_due(struct ending *ending);

/* Waits until fd is ready for these events of poll(2), for ever unless it is time to stop: then
 * whoever is at its other end has three seconds in all, or until another signal comes. 0, or
 * -ETIMEDOUT. */
int ending_wait(struct ending *ending, int fd, short events);

#endif
