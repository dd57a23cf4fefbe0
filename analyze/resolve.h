/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the namespaces that a filter names are in the files at all. */
#ifndef NST_ANALYZE_RESOLVE_H
#define NST_ANALYZE_RESOLVE_H

#include "analyze/source.h"

/* Looks each WHO up in all of the sources, further than they were read where they can be sought
 * in. STATUS_FAILED: one is in none of them; said, with those that are there. Once a source is
 * drained (a pipe), what was seen of it counts. */
int resolve_netns(struct source **sources, unsigned count, const struct filter *filter);

#endif
