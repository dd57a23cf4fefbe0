/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gives up what is not needed any more once everything is attached. Whatever needs more than the
 * rest of the recording (the inventory, the printer, --cmd) is a process of its own by then.
 */
#ifndef NST_CAPTURE_PRIVILEGES_H
#define NST_CAPTURE_PRIVILEGES_H

#include <stdbool.h>

#include "capture/caller.h"
#include "format/nstrail.h"

struct privileges_options {
    const struct caller *user; /* whom to become */
    const char *file;          /* beside which there will be others; NULL: there will be none */
    bool finds_netns;          /* namespaces are looked up while recording */
    bool signals_command;      /* which runs as another user */
};

int privileges_drop(const struct privileges_options *options, struct nst_error *err);

#endif
