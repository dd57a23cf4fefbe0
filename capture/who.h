/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* WHO: how people say which network namespace they mean; nstrail-capture(8). */
#ifndef NST_CAPTURE_WHO_H
#define NST_CAPTURE_WHO_H

#include <stdbool.h>
#include <stdint.h>

#include "format/container_fit.h"
#include "format/nstrail.h"

enum who_form {
    WHO_INUM = 1,
    WHO_COOKIE,
    WHO_NAME, /* in /run/netns; may be a pattern */
    WHO_PATH, /* of anything that a namespace is bound to */
    WHO_PID,
    WHO_CONTAINER,
    WHO_POD,  /* "NAMESPACE/NAME" */
    WHO_HOST, /* the initial namespace, or what has that for a name: text */
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

/* Whether the name may mean any number of namespaces. */
bool who_is_pattern(const struct who *who);

/* Whether it is said by a container or a pod, which only the inventory knows. */
bool who_is_container(const struct who *who);

/* Whether such a one means this container. */
enum nst_fit who_fits(const struct who *who, const struct nst_container *container);

#endif
