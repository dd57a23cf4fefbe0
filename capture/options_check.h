/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether options go together. */
#ifndef NST_CAPTURE_OPTIONS_CHECK_H
#define NST_CAPTURE_OPTIONS_CHECK_H

#include "capture/options.h"

/* Fills in what one option says for another. -EINVAL: one excludes another, or needs one that is
 * missing. */
int options_check(struct options *options, struct nst_error *err);

#endif
