/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether the namespaces that a filter names are in the files at all. */
#ifndef NST_ANALYZE_RESOLVE_NETNS_H
#define NST_ANALYZE_RESOLVE_NETNS_H

#include "analyze/source.h"

/* Looks each WHO up in all of the sources: files are read further where they have to be; of a pipe,
 * which must have ended, what came by it counts. STATUS_FAILED: one is in none of them, which is
 * said, with the namespaces that there are. */
int resolve_netns(struct source **sources, unsigned count, const struct filter *filter);

#endif
