/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the command line to probes: -p, --profile, --stack and --list-probes. */
#ifndef NST_CAPTURE_PROBING_H
#define NST_CAPTURE_PROBING_H

#include <stdbool.h>

#include "capture/options.h"
#include "capture/probes.h"

/* What the options ask for, or the default. What a profile has and this kernel lacks is said. */
int probing_choose(struct probes *probes, const struct options *options, struct nst_error *err);

/* Says what could not be attached. <0: that is everything that was to be recorded. */
int probing_report(const struct probes *probes, bool verbose, struct nst_error *err);

/* Prints what this kernel offers; pattern may be NULL. enum status. */
int probing_list(const char *pattern);

#endif
