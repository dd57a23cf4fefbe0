/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The Test Anything Protocol, as automake's driver reads it. */
#ifndef NST_TESTS_TAP_H
#define NST_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct tap {
    unsigned count;
    unsigned failed;
};

static inline bool tap_ok(struct tap *tap, bool ok, const char *name)
{
    tap->count++;
    tap->failed += !ok;
    printf("%sok %u - %s\n", ok ? "" : "not ", tap->count, name);
    return ok;
}

static inline void tap_skip(struct tap *tap, const char *name, const char *reason)
{
    printf("ok %u - %s # SKIP %s\n", ++tap->count, name, reason);
}

/* The plan, and the exit status. */
static inline int tap_done(const struct tap *tap)
{
    printf("1..%u\n", tap->count);
    return tap->failed != 0;
}

#endif
