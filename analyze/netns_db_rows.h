/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of the database's inventory tables, turned back into what a file's tables say. Internal. */
#ifndef NST_ANALYZE_NETNS_DB_ROWS_H
#define NST_ANALYZE_NETNS_DB_ROWS_H

#include "analyze/db.h"
#include "analyze/inventory.h"

/* What all the queries begin with, and behind it first_ts_ns and last_ts_ns by CLOCK_MONOTONIC. */
#define NETNS_DB_HEAD "SELECT n.capture_id, coalesce(n.cookie, 0), n.inum, "

enum {
    COLUMN_CAPTURE,
    COLUMN_COOKIE,
    COLUMN_INUM,
    COLUMN_FIRST,
    COLUMN_LAST,
    COLUMN_REST, /* the first of each query's own */
};

/* NULL: it has none. */
static inline const char *text_at(sqlite3_stmt *s, int column)
{
    return (const char *)sqlite3_column_text(s, column);
}

static inline uint64_t number_at(sqlite3_stmt *s, int column)
{
    return (uint64_t)sqlite3_column_int64(s, column);
}

struct inventory_head netns_db_head(sqlite3_stmt *s);

/* One row, and tables that hold it alone. Valid until the statement goes on. */
struct netns_db_row {
    struct nst_tables tables;
    struct nst_known_netns netns;
    struct nst_netns_name name;
    struct nst_process process;
    struct nst_container container;
    struct nst_known_device device;
    struct nst_address address;
};

/* A kind of rows: what asks for them, in the order of time, and makes one of an answer. */
struct netns_db_kind {
    const char *sql;
    void (*take)(sqlite3_stmt *s, struct inventory_head head, struct netns_db_row *row);
};

#define NETNS_DB_KINDS 6
extern const struct netns_db_kind netns_db_kinds[NETNS_DB_KINDS];

#endif
