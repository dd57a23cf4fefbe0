/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's clocks, in nanoseconds. */
#ifndef NST_CAPTURE_CLOCK_H
#define NST_CAPTURE_CLOCK_H

#include <stdint.h>

#define NS_PER_S  1000000000ull
#define NS_PER_MS 1000000ull

struct clocks {
    uint64_t monotonic_ns;
    uint64_t boottime_ns;
    uint64_t realtime_ns;
};

/* CLOCK_MONOTONIC: the time of events. */
uint64_t clock_now_ns(void);
/* The CPU time that this process has had. */
uint64_t clock_cpu_ns(void);
/* All of them as of one moment. */
void clock_read(struct clocks *clocks);

#endif
