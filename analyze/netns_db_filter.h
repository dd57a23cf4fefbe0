/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --netns for what a database says of its namespaces. */
#ifndef NST_ANALYZE_NETNS_DB_FILTER_H
#define NST_ANALYZE_NETNS_DB_FILTER_H

#include "analyze/filter.h"
#include "analyze/netns_report.h"

/* Of a report that is sorted, keeps those that are wanted. name: the database's, for messages.
 * STATUS_FAILED: one that was asked for is not there, or not one alone, and what there is was said;
 * or there is no memory. */
int netns_db_filter(struct netns_report *r, const struct filter *filter, const char *name);

#endif
