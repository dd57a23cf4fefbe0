/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/clock.h"

#include <time.h>

/* The tightest of so many readings is taken. */
#define TRIES 5

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

/* Between two readings of the monotonic clock the others are as of their middle; the less time
 * between those, the better. */
void clock_read(struct clocks *clocks)
{
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < TRIES; i++) {
        uint64_t before = clock_now_ns();
        uint64_t realtime = read_ns(CLOCK_REALTIME);
        uint64_t boottime = read_ns(CLOCK_BOOTTIME);
        uint64_t took = clock_now_ns() - before;

        if (took >= best)
            continue;
        best = took;
        clocks->monotonic_ns = before + took / 2;
        clocks->realtime_ns = realtime;
        clocks->boottime_ns = boottime;
    }
}
