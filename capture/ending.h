/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When it is time to stop, also while whoever reads our output lets us wait. */
#ifndef NST_CAPTURE_ENDING_H
#define NST_CAPTURE_ENDING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct ending {
    sigset_t signals;     /* the mask that lets them in */
    bool outlives_hangup; /* SIGHUP is never a signal to stop; else... */
    bool hangup_ends;     /* ...it is... */
    bool had_terminal;    /* ...in any case if this one is gone */
    bool next_file;       /* else it asks for a new file: whoever begins that clears this */
    uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none */
    uint64_t give_up_ns;  /* 0: it was not yet time to stop, or nobody had to wait since */
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
