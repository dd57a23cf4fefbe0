/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/file_kind.h"
#include "analyze/message.h"

/* Goes up whenever a table or column changes: there is no migration, the captures are. */
#define SCHEMA_VERSION 8

#define BUSY_TIMEOUT_MS 2000

/* Room for sorting into indexes; statistics from a sample. */
#define IMPORT_SETTINGS                                                                            \
    "PRAGMA cache_size = -131072;"                                                                 \
    "PRAGMA analysis_limit = 1000;"

/* While a new database grows nobody else knows it, and when it fails it goes as a whole. */
#define NEW_SETTINGS                                                                               \
    "PRAGMA page_size = 16384;"                                                                    \
    "PRAGMA journal_mode = OFF;"                                                                   \
    "PRAGMA synchronous = OFF;"                                                                    \
    "PRAGMA locking_mode = EXCLUSIVE;"

static const char schema_sql[] =
#include "analyze/schema.inc"
    ;
static const char indexes_sql[] =
#include "analyze/indexes.inc"
    ;
static const char views_sql[] =
#include "analyze/views.inc"
    ;
static const char doc_sql[] =
#include "analyze/doc.inc"
    ;

static const char *reason(const struct db *db, int code)
{
    /* A COMMIT that fails leaves no number there: then the last call's stands. */
    int error = errno;
    int system = db->handle ? sqlite3_system_errno(db->handle) : 0;

    if (!system)
        system = error;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program is using it; try again when that has finished";
    case SQLITE_FULL:
        return strerror(ENOSPC);
    case SQLITE_NOTADB:
        return "not a database";
    case SQLITE_CORRUPT:
        return "this database is damaged";
    case SQLITE_INTERRUPT:
        return "interrupted";
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
        if (system)
            return strerror(system);
        break;
    default:
        break;
    }
    /* The connection's words belong to the last call that failed in it, and only to that. */
    if (db->handle && (sqlite3_errcode(db->handle) & 0xff) == (code & 0xff))
        return sqlite3_errmsg(db->handle);
    return sqlite3_errstr(code);
}

int db_error(const struct db *db, int code)
{
    return message_error(db->name, "%s", reason(db, code));
}

int db_prepare(const struct db *db, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

int db_run(sqlite3_stmt *statement)
{
    sqlite3_step(statement);
    return sqlite3_reset(statement);
}

int db_integer(const struct db *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);

    if (code)
        return code;
    *value = 0;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement);
}

void db_bind_text(sqlite3_stmt *statement, int column, const char *text)
{
    sqlite3_bind_text(statement, column, text, -1, SQLITE_STATIC);
}

void db_bind_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t length)
{
    sqlite3_bind_blob64(statement, column, bytes, length, SQLITE_STATIC);
}

void db_bind_unless(sqlite3_stmt *statement, int column, bool absent, int64_t value)
{
    if (absent)
        sqlite3_bind_null(statement, column);
    else
        sqlite3_bind_int64(statement, column, value);
}

static int execute(const struct db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

/* SQLite knows names such as ":memory:" and "file:..." by how they begin. */
static char *plain_path(const char *name)
{
    char *path;

    if (asprintf(&path, "%s%s", name[0] == '/' || name[0] == '.' ? "" : "./", name) < 0)
        return NULL;
    return path;
}

/* Sorting needs room, and /tmp is often a small memory disk: next to the database there must
 * be room anyhow. What the user has set comes first. */
static void sort_beside(const char *path)
{
    char *copy;

    if (getenv("SQLITE_TMPDIR") || getenv("TMPDIR"))
        return;
    copy = strdup(path);
    if (copy)
        setenv("SQLITE_TMPDIR", dirname(copy), 0);
    free(copy);
}

static int create_temporary(struct db *db)
{
    int fd;

    if (asprintf(&db->temporary, "%s.XXXXXX", db->path) < 0) {
        db->temporary = NULL;
        return message_error(db->name, "%s", strerror(ENOMEM));
    }
    /* Its mode, 0600, is right for what packets say. */
    fd = mkstemp(db->temporary);
    if (fd < 0) {
        int error = errno;

        free(db->temporary);
        db->temporary = NULL;
        return message_error(db->name, "%s", strerror(error));
    }
    close(fd);
    return STATUS_OK;
}

/* Sets db->temporary where there is none yet. */
static int find(struct db *db)
{
    struct stat st;

    if (!strcmp(db->name, "-"))
        return message_error(NULL, "a database cannot be written to standard output");
    if (stat(db->path, &st) == 0)
        return S_ISREG(st.st_mode) ? STATUS_OK : message_error(db->name, "not a regular file");
    if (errno != ENOENT)
        return message_error(db->name, "%s", strerror(errno));
    return create_temporary(db);
}

static int create_schema(const struct db *db)
{
    char header[96];
    int code;

    snprintf(header, sizeof(header), "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             DB_APPLICATION_ID, SCHEMA_VERSION);
    code = execute(db, header);
    if (!code)
        code = execute(db, schema_sql);
    if (!code)
        code = execute(db, doc_sql);
    return code;
}

/* Whose it is: ours, or nobody's yet (an empty file is an empty database). */
static int recognise(struct db *db)
{
    int64_t application, version, tables;
    int code = db_integer(db, "PRAGMA application_id", &application);

    if (!code)
        code = db_integer(db, "PRAGMA user_version", &version);
    if (!code)
        code = db_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (code)
        return db_error(db, code);
    db->fresh = application == 0 && version == 0 && tables == 0;
    if (db->fresh)
        return STATUS_OK;
    if (application != DB_APPLICATION_ID)
        return message_error(db->name, "a database of another program, not of nstrail");
    if (version != SCHEMA_VERSION)
        return message_error(db->name,
                             "its tables are those of version %lld, this program knows version "
                             "%d; import the captures anew",
                             (long long)version, SCHEMA_VERSION);
    return STATUS_OK;
}

static int begin(struct db *db)
{
    int code, status;

    /* One thread, and nobody asks how much memory there is: locks were a tenth of the time. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    code = sqlite3_open_v2(db->temporary ? db->temporary : db->path, &db->handle,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    if (!code && db->temporary)
        code = execute(db, NEW_SETTINGS);
    if (!code)
        code = execute(db, IMPORT_SETTINGS);
    if (!code)
        code = execute(db, "BEGIN IMMEDIATE");
    if (code)
        return db_error(db, code);
    status = recognise(db);
    if (status != STATUS_OK || !db->fresh)
        return status;
    code = create_schema(db);
    return code ? db_error(db, code) : STATUS_OK;
}

int db_open_import(struct db *db, const char *name)
{
    int status;

    *db = (struct db){.name = name, .path = plain_path(name)};
    if (!db->path)
        return message_error(name, "%s", strerror(ENOMEM));
    sort_beside(db->path);
    status = find(db);
    if (status == STATUS_OK)
        status = begin(db);
    if (status != STATUS_OK)
        db_abandon(db);
    return status;
}

int db_open_read(struct db *db, const char *name)
{
    int64_t tables;
    int code;

    *db = (struct db){.name = name, .path = plain_path(name)};
    if (!db->path)
        return message_error(name, "%s", strerror(ENOMEM));
    code = sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READONLY, NULL);
    if (!code) {
        sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
        /* Only reading finds out what it is. */
        code = db_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
    }
    if (!code)
        return STATUS_OK;
    if ((code & 0xff) == SQLITE_NOTADB && file_kind(db->path) == FILE_KIND_CAPTURE)
        message_error(name,
                      "a capture, not a database: first make one of it with nstrail import -d "
                      "DB %s",
                      name);
    else
        db_error(db, code);
    db_abandon(db);
    return STATUS_FAILED;
}

static void forget(struct db *db)
{
    free(db->path);
    free(db->temporary);
    *db = (struct db){.name = db->name};
}

void db_abandon(struct db *db)
{
    /* Closing rolls back, and removes the journal. */
    sqlite3_close(db->handle);
    if (db->temporary)
        unlink(db->temporary);
    forget(db);
}

int db_finish_schema(struct db *db)
{
    int code = SQLITE_OK;

    if (db->fresh) {
        code = execute(db, indexes_sql);
        if (!code)
            code = execute(db, views_sql);
    }
    return code;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return errno;
    if (fsync(fd) < 0)
        error = errno;
    close(fd);
    return error;
}

/* A folder that cannot be synced (some network file systems) still holds the file. */
static void sync_folder(const char *path)
{
    char *copy = strdup(path);

    if (copy)
        sync_path(dirname(copy), O_RDONLY | O_DIRECTORY);
    free(copy);
}

/* Never over another file that has come to be there meanwhile. Without hard links (FAT) there is
 * renameat2(), which in turn not every file system has. */
static int put_in_place(const struct db *db)
{
    int error = sync_path(db->temporary, O_RDWR);

    if (error)
        return message_error(db->name, "%s", strerror(error));
    if (renameat2(AT_FDCWD, db->temporary, AT_FDCWD, db->path, RENAME_NOREPLACE) < 0) {
        if (errno != EINVAL || link(db->temporary, db->path) < 0)
            return message_error(db->name, "%s", strerror(errno));
        unlink(db->temporary);
    }
    sync_folder(db->path);
    return STATUS_OK;
}

int db_commit(struct db *db)
{
    int code = execute(db, "ANALYZE");
    int status = STATUS_OK;

    if (!code)
        code = execute(db, "COMMIT");
    if (code) {
        status = db_error(db, code);
        db_abandon(db);
        return status;
    }
    sqlite3_close(db->handle);
    db->handle = NULL;
    if (db->temporary)
        status = put_in_place(db);
    if (status != STATUS_OK)
        db_abandon(db);
    else
        forget(db);
    return status;
}
