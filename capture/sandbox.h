/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which system calls the recorder is left with, and the process that makes its inventory: those of
 * their main loops and of their ends. */
#ifndef NST_CAPTURE_SANDBOX_H
#define NST_CAPTURE_SANDBOX_H

#include <stdbool.h>

#include "format/nstrail.h"

struct sandbox_options {
    bool is_inventory; /* this is the inventory's process */
    bool finds_netns;  /* the recorder's: namespaces are looked up while recording */
};

/* Everything else fails with EPERM from here on. Does nothing where we were built without
 * libseccomp; needs no_new_privs, or CAP_SYS_ADMIN. */
int sandbox_enter(const struct sandbox_options *options, struct nst_error *err);

#endif
