/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* WHO: how people say which network namespace they mean. */
#ifndef NST_ANALYZE_WHO_H
#define NST_ANALYZE_WHO_H

#include <stdbool.h>
#include <stdint.h>

enum who_form {
    WHO_INUM = 1,
    WHO_COOKIE,
    WHO_NAME, /* in /run/netns; may be a pattern */
    WHO_PATH, /* of anything that a namespace is bound to */
    WHO_PID,
    WHO_CONTAINER,
    WHO_POD,  /* "NAMESPACE/NAME" */
    WHO_HOST, /* the initial namespace */
};

struct who {
    const char *given; /* as the user wrote it; borrowed */
    bool exclude;      /* it began with '!' */
    enum who_form form;
    uint64_t number;  /* of WHO_INUM, WHO_COOKIE and WHO_PID */
    const char *text; /* of the others; points into given */
};

/* NULL, or what is wrong with it. */
const char *who_parse(const char *text, struct who *who);

#endif
