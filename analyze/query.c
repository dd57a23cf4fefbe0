/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/query.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analyze/message.h"
#include "format/distance.h"

/* Around a mistake, so much of its line is shown before and behind it. */
#define EXCERPT 50

/* Those that tell something of the database. Most others are settings. */
static bool pragma_reads(const char *name, const char *argument)
{
    static const char *const with_argument[] = {
        "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo",
        "integrity_check",   "quick_check",      "table_info", "table_list", "table_xinfo",
    };
    static const char *const without[] = {
        "application_id",  "collation_list",    "compile_options", "database_list",
        "encoding",        "foreign_key_check", "freelist_count",  "function_list",
        "integrity_check", "page_count",        "page_size",       "pragma_list",
        "quick_check",     "schema_version",    "table_list",      "user_version",
    };
    const char *const *list = argument ? with_argument : without;
    size_t count = argument ? sizeof(with_argument) / sizeof(with_argument[0])
                            : sizeof(without) / sizeof(without[0]);

    for (size_t i = 0; i < count; i++)
        if (!sqlite3_stricmp(name, list[i]))
            return true;
    return false;
}

/* Opening for reading alone protects the database; this protects other files (ATTACH, VACUUM
 * INTO) and says so in one way. */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *schema, const char *trigger)
{
    (void)context;
    (void)schema;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(second, "load_extension") ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:
        return pragma_reads(first, second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* A table-valued function (json_each, pragma_table_info) declares its columns when it is used
 * first, by a CREATE TABLE that the authorizer could not tell from a real one. */
static void connect_table_functions(const struct db *db)
{
    sqlite3_stmt *names, *use;

    if (sqlite3_prepare_v2(db->handle,
                           "SELECT name FROM pragma_module_list"
                           " UNION SELECT 'pragma_' || name FROM pragma_pragma_list",
                           -1, &names, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(names) == SQLITE_ROW) {
        char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\"", sqlite3_column_text(names, 0));

        /* Most are no functions: those fail, and nothing is lost. */
        if (sql && sqlite3_prepare_v2(db->handle, sql, -1, &use, NULL) == SQLITE_OK)
            sqlite3_finalize(use);
        sqlite3_free(sql);
    }
    sqlite3_finalize(names);
}

int query_confine(const struct db *db)
{
    int code = sqlite3_exec(db->handle,
                            "PRAGMA query_only = ON;"
                            "PRAGMA trusted_schema = OFF;" /* somebody else made it, perhaps */
                            "PRAGMA cell_size_check = ON;"
                            "PRAGMA temp_store = MEMORY;"
                            "PRAGMA cache_size = -65536;",
                            NULL, NULL, NULL);

    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    connect_table_functions(db);
    return code ? code : sqlite3_set_authorizer(db->handle, authorize, NULL);
}

/* The line with the mistake, cut where it is long, and a caret below. */
static void show_place(const char *sql, size_t offset)
{
    size_t begin = offset, end = offset;

    while (begin > 0 && sql[begin - 1] != '\n' && offset - begin < EXCERPT)
        begin--;
    while (sql[end] && sql[end] != '\n' && end - offset < EXCERPT)
        end++;
    fputs("    ", stderr);
    /* What does not print is as wide as what does: the caret must meet its place. */
    for (size_t i = begin; i < end; i++)
        putc((unsigned char)sql[i] < ' ' || sql[i] == 0x7f ? ' ' : sql[i], stderr);
    fputs("\n    ", stderr);
    for (size_t i = begin; i < offset; i++)
        if (((unsigned char)sql[i] & 0xc0) != 0x80)
            putc(' ', stderr);
    fputs("^\n", stderr);
}

/* Where a table is not there, what it was to be. */
static void say_nearest(const struct db *db, const char *missing)
{
    struct nst_nearest nearest;
    char name[sizeof(nearest.given)];
    sqlite3_stmt *names;

    nst_nearest_begin(&nearest, missing, strlen(missing));
    if (sqlite3_prepare_v2(db->handle,
                           "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
                           " AND length(name) < 32",
                           -1, &names, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(names) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(names, 0);

        if (text)
            nst_nearest_see(&nearest, text);
        /* The row goes with the next one. */
        if (text && nearest.name == text) {
            snprintf(name, sizeof(name), "%s", text);
            nearest.name = name;
        }
    }
    sqlite3_finalize(names);
    if (nearest.name)
        message_warn(db->name, "did you mean %s?", nearest.name);
}

/* What prepare thinks of the statement that begins there. */
static int sql_error(const struct db *db, const char *sql)
{
    static const char no_table[] = "no such table: ";
    char words[sizeof(no_table) + 64];
    int offset = sqlite3_error_offset(db->handle);
    int code = sqlite3_errcode(db->handle) & 0xff;

    if (code == SQLITE_AUTH)
        return message_error(db->name, "query only reads: %s", sqlite3_errmsg(db->handle));
    if (code != SQLITE_ERROR)
        return db_error(db, code);
    message_error(db->name, "SQL: %s", sqlite3_errmsg(db->handle));
    snprintf(words, sizeof(words), "%s", sqlite3_errmsg(db->handle));
    if (offset >= 0)
        show_place(sql, (size_t)offset);
    if (!strncmp(words, no_table, strlen(no_table)))
        say_nearest(db, words + strlen(no_table));
    return STATUS_FAILED;
}

static int run_statement(const struct db *db, sqlite3_stmt *statement, enum result_format format)
{
    struct result result;
    int code = SQLITE_DONE;
    bool memory = result_begin(&result, stdout, format, statement);

    /* Once the reader of our output has gone there is no need for more. */
    while (memory && !ferror(stdout) && (code = sqlite3_step(statement)) == SQLITE_ROW)
        memory = result_row(&result);
    if (result.table || format != RESULT_TABLE)
        memory &= result_end(&result, memory && code == SQLITE_DONE);
    if (!memory)
        return message_error(NULL, "no memory for the result");
    if (code == SQLITE_DONE || code == SQLITE_ROW)
        return STATUS_OK;
    /* What was answered comes before what is said. */
    fflush(stdout);
    return db_error(db, code);
}

int query_run(const struct db *db, const char *sql, enum result_format format)
{
    int status = STATUS_OK;
    bool first = true;

    while (status == STATUS_OK && *sql) {
        sqlite3_stmt *statement;
        const char *rest;

        /* What earlier ones answered is there, whatever becomes of this. */
        if (!first)
            fflush(stdout);
        if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, &rest) != SQLITE_OK)
            return sql_error(db, sql);
        /* Comments and spaces make no statement. */
        if (statement) {
            if (!first && format != RESULT_JSON)
                putchar('\n');
            first = false;
            status = run_statement(db, statement, format);
        }
        sqlite3_finalize(statement);
        sql = rest;
    }
    return status;
}
