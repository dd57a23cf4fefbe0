/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the devices, probes, drop reasons and journeys that a filter names are in the files. */
#ifndef NST_ANALYZE_RESOLVE_VALUES_H
#define NST_ANALYZE_RESOLVE_VALUES_H

#include "analyze/source.h"

/* As resolve_netns(). */
int resolve_values(struct source **sources, unsigned count, const struct filter *filter);

#endif
