/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a database that import wrote says of its namespaces. */
#ifndef NST_ANALYZE_NETNS_DB_H
#define NST_ANALYZE_NETNS_DB_H

#include "analyze/db.h"
#include "analyze/netns_report.h"

/* All of it but the order. Answers SQLite's codes. */
int netns_db_report(const struct db *db, struct netns_report *r);

#endif
