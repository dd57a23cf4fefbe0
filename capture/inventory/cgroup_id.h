/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a cgroup's path tells of the container that it belongs to. Pure. */
#ifndef NST_CAPTURE_INVENTORY_CGROUP_ID_H
#define NST_CAPTURE_INVENTORY_CGROUP_ID_H

#include <stdbool.h>

#include "format/nstrail.h"

struct cgroup_id {
    const char *runtime;       /* as in struct nst_container; NULL: the path does not tell */
    char id[NST_MAX_NAME + 1]; /* "": none; else it is fit to be the name of a file */
    char pod_uid[40];          /* "": in no pod */
};

/* Whether a text can be the name of a file that we look for. */
bool cgroup_is_file_name(const char *text);

/* False: it is of no container that is known by its path. */
bool cgroup_identify(const char *cgroup, struct cgroup_id *id);

#endif
