/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* WHO: how people say which network namespace they mean, to both programs alike; nstrail(1).
 * Internal. */
#ifndef NST_FORMAT_WHO_H
#define NST_FORMAT_WHO_H

#include <stdbool.h>
#include <stdint.h>

#include "format/container_fit.h"
#include "format/nstrail.h"

enum nst_who_form {
    NST_WHO_INUM = 1,
    NST_WHO_COOKIE,
    NST_WHO_NAME, /* in /run/netns; may be a pattern */
    NST_WHO_PATH, /* of anything that a namespace is bound to */
    NST_WHO_PID,
    NST_WHO_CONTAINER,
    NST_WHO_POD,  /* "NAMESPACE/NAME" */
    NST_WHO_HOST, /* the initial namespace, or what has that for a name: text */
};

struct nst_who {
    const char *given; /* as the user wrote it; borrowed */
    bool exclude;      /* it began with '!' */
    enum nst_who_form form;
    uint64_t number;  /* of NST_WHO_INUM, NST_WHO_COOKIE and NST_WHO_PID */
    const char *text; /* as it was written, without what says the form; points into given */
};

/* NULL, or what is wrong with it. */
const char *nst_who_parse(const char *text, struct nst_who *who);

/* Whether the name may mean any number of namespaces. */
bool nst_who_is_pattern(const struct nst_who *who);

/* Whether NST_WHO_NAME means what has that name in /run/netns: it is the name, or the pattern is
 * for it. */
bool nst_who_fits_name(const struct nst_who *who, const char *name);

/* Whether it is said by a container or a pod, which only the inventory knows. */
bool nst_who_is_container(const struct nst_who *who);

/* Whether such a one means this container. */
enum nst_fit nst_who_fits(const struct nst_who *who, const struct nst_container *container);

#endif
