/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail query: SQL on what import made. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/db.h"
#include "analyze/message.h"
#include "analyze/options.h"
#include "analyze/query.h"

#define OPTION_CSV  256
#define OPTION_JSON 257

/* SQLite's own limit for a statement is higher; nobody writes so much. */
#define SQL_MAX (16u * 1024 * 1024)

/* NULL: said why. The caller frees it. */
static char *read_sql(FILE *in)
{
    size_t room = 4096, length = 0;
    char *sql = malloc(room);

    while (sql) {
        length += fread(sql + length, 1, room - length, in);
        if (length < room)
            break;
        if (room >= SQL_MAX) {
            free(sql);
            message_error("-", "more than %u bytes of SQL", SQL_MAX);
            return NULL;
        }
        room *= 2;
        char *more = realloc(sql, room);

        if (!more)
            free(sql);
        sql = more;
    }
    if (!sql) {
        message_error(NULL, "no memory for the query");
        return NULL;
    }
    if (ferror(in)) {
        message_error("-", "cannot be read: %s", strerror(errno));
        free(sql);
        return NULL;
    }
    sql[length] = '\0';
    if (strlen(sql) < length) {
        message_error("-", "no SQL: byte %zu is a NUL", strlen(sql));
        free(sql);
        return NULL;
    }
    return sql;
}

/* Only comes back when it failed. */
static int shell(const struct db *db)
{
    execlp("sqlite3", "sqlite3", "-readonly", "-header", "-column", db->path, (char *)NULL);
    if (errno == ENOENT)
        return message_error(NULL, "query: no SQL was given, and for a shell sqlite3 must be "
                                   "installed");
    return message_error("sqlite3", "%s", strerror(errno));
}

static int query_database(const char *name, const char *sql, enum result_format format)
{
    char *read = NULL;
    struct db db;
    int status = db_open_read(&db, name), code;

    if (status != STATUS_OK)
        return status;
    if (!sql) {
        status = shell(&db);
        db_abandon(&db);
        return status;
    }
    code = query_confine(&db);
    if (!strcmp(sql, "-"))
        sql = read = read_sql(stdin);
    if (code)
        status = db_error(&db, code);
    else
        status = sql ? query_run(&db, sql, format) : STATUS_FAILED;
    free(read);
    db_abandon(&db);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    enum result_format format = RESULT_TABLE;
    bool csv = false, json = false;
    struct options o;
    int letter;

    options_begin(&o, command, argc, argv, NULL);
    while ((letter = options_next(&o)) > 0) {
        csv |= letter == OPTION_CSV;
        json |= letter == OPTION_JSON;
    }
    if (letter != OPTIONS_END)
        return letter == OPTIONS_HELP ? STATUS_OK : STATUS_FAILED;
    if (csv && json)
        return message_error(NULL, "query: --csv or --json, not both");
    if (csv || json)
        format = csv ? RESULT_CSV : RESULT_JSON;
    return query_database(o.operands[0], o.operands_count > 1 ? o.operands[1] : NULL, format);
}

static const struct option_spec query_options[] = {
    {OPTION_CSV, "csv", NULL, "comma-separated values with a header"},
    {OPTION_JSON, "json", NULL, "an array of objects"},
    {0},
};

const struct command cmd_query = {
    .name = "query",
    .operands = "DB ['SQL']",
    .summary = "Answers SQL from a database of captures",
    .options = query_options,
    .run = run,
};
