/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/signals.h"

/* The manual says it. */
#define PATIENCE_NS (3 * NS_PER_S)

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* As nohup(1) has it. */
static bool is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void ending_begin(struct ending *e, bool hangup_ends)
{
    e->outlives_hangup = is_ignored(SIGHUP);
    e->hangup_ends = hangup_ends;
    e->had_terminal = has_terminal();
}

/* SIGHUP means that the terminal has gone, and then it is gone; or somebody sent it. */
static void hang_up(struct ending *e)
{
    if (!e->outlives_hangup && (e->hangup_ends || (e->had_terminal && !has_terminal())))
        signals_stop_now();
    else
        e->next_file = true;
}

bool ending_due(struct ending *e)
{
    if (signals_take_hangup())
        hang_up(e);
    return signals_stop() || (e->deadline_ns && clock_now_ns() >= e->deadline_ns);
}

/* false: never. */
static bool wait_until(const struct ending *e, uint64_t *until_ns)
{
    *until_ns = e->give_up_ns ? e->give_up_ns : e->deadline_ns;
    return *until_ns != 0;
}

/* Not 0: it is ready, or has an error that using it will tell. */
static int wait_once(const struct ending *e, int fd, short events, uint64_t now_ns)
{
    struct pollfd ready = {.fd = fd, .events = events};
    uint64_t until_ns, left_ns = 0;
    struct timespec timeout;
    bool limited = wait_until(e, &until_ns);

    if (limited && until_ns > now_ns)
        left_ns = until_ns - now_ns;
    timeout.tv_sec = (time_t)(left_ns / NS_PER_S);
    timeout.tv_nsec = (long)(left_ns % NS_PER_S);
    return ppoll(&ready, 1, limited ? &timeout : NULL, &e->signals) > 0;
}

int ending_wait(struct ending *e, int fd, short events)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();

        if (!e->give_up_ns && ending_due(e))
            e->give_up_ns = now_ns + PATIENCE_NS;
        if (e->give_up_ns && (now_ns >= e->give_up_ns || signals_insist()))
            return -ETIMEDOUT;
        if (wait_once(e, fd, events, now_ns))
            return 0;
    }
}
