/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/nofile.h"

/* For what is open besides, and as many for what is opened later. */
#define RESERVE 128

static int set(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {soft, hard};

    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Above the hard limit it takes CAP_SYS_RESOURCE. */
static void raise_to(rlim_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
        return;
    if (set(wanted, wanted > limit.rlim_max ? wanted : limit.rlim_max))
        set(limit.rlim_max, limit.rlim_max);
}

void nofile_begin(struct nofile *d, uint64_t more)
{
    rlim_t reserve = RESERVE;

    raise_to(more + 2 * RESERVE);
    getrlimit(RLIMIT_NOFILE, &d->limit);
    if (reserve > d->limit.rlim_cur / 2)
        reserve = d->limit.rlim_cur / 2;
    set(d->limit.rlim_cur - reserve, d->limit.rlim_max);
}

void nofile_end(const struct nofile *d)
{
    set(d->limit.rlim_cur, d->limit.rlim_max);
}
