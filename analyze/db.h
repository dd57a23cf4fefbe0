/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The database that import writes and query reads.
 *
 * What works on rows answers 0 or SQLite's result code; the code goes up to whoever runs the
 * import and becomes words there, by db_error(). Statements belong to who prepared them.
 */
#ifndef NST_ANALYZE_DB_H
#define NST_ANALYZE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

/* "nstr" in the file's header, where file(1) and SQLite look for whose database it is. */
#define DB_APPLICATION_ID 0x6e737472

struct db {
    sqlite3 *handle;
    const char *name; /* as the user gave it */
    char *path;       /* the same, so that SQLite takes it for nothing else */
    char *temporary;  /* where a new database grows; NULL: path existed before */
    bool fresh;       /* holds no rows yet, and no indexes */
};

/* For an import: opens it and begins a transaction. One that is not there is made beside its
 * place. enum status; says why. */
int db_open_import(struct db *db, const char *name);
/* The same for reading alone. */
int db_open_read(struct db *db, const char *name);

/* Gathers statistics, commits, and puts a new database in its place once all of it is on the disk.
 * Closes it, also on failure. enum status; says why. */
int db_commit(struct db *db);
/* Closes it as if it had never been opened. */
void db_abandon(struct db *db);

/* Indexes and views, which a new database gets after its rows. */
int db_finish_schema(struct db *db);

/* Why something failed with this code, said on stderr. STATUS_FAILED. */
int db_error(const struct db *db, int code);

/* For statements that live as long as an import. */
int db_prepare(const struct db *db, const char *sql, sqlite3_stmt **statement);
/* Runs a statement that answers no rows, and makes it ready for its next run. */
int db_run(sqlite3_stmt *statement);
/* The one number that the SQL answers; 0 where it answers none. */
int db_integer(const struct db *db, const char *sql, int64_t *value);

/* Text and blobs bound here must live until the statement has run. NULL: SQL's. */
void db_bind_text(sqlite3_stmt *statement, int column, const char *text);
void db_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t length);
/* NULL where absent holds. */
void db_bind_unless(sqlite3_stmt *statement, int column, bool absent, int64_t value);

#endif
