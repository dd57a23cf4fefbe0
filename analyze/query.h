/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SQL that reads a database, and can do nothing else. */
#ifndef NST_ANALYZE_QUERY_H
#define NST_ANALYZE_QUERY_H

#include "analyze/db.h"
#include "analyze/result.h"

/* From now on the connection changes nothing: neither this database, nor another file. */
int query_confine(const struct db *db);

/* Runs one statement after another, up to the first that fails; results go to stdout. enum
 * status; says what is wrong with the SQL, and where. */
int query_run(const struct db *db, const char *sql, enum result_format format);

#endif
