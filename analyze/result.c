/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/escape.h"
#include "analyze/result_table.h"

static void put_hex(FILE *out, const unsigned char *bytes, int length)
{
    for (int i = 0; i < length; i++)
        fprintf(out, "%02x", bytes[i]);
}

void result_value(FILE *out, sqlite3_stmt *statement, int column,
                  void (*escape)(FILE *out, const char *text, size_t length))
{
    const char *text;

    if (sqlite3_column_type(statement, column) == SQLITE_BLOB) {
        put_hex(out, sqlite3_column_blob(statement, column),
                sqlite3_column_bytes(statement, column));
        return;
    }
    text = (const char *)sqlite3_column_text(statement, column);
    if (text)
        escape(out, text, (size_t)sqlite3_column_bytes(statement, column));
}

static void csv_header(const struct result *r)
{
    for (int i = 0; i < r->columns; i++) {
        const char *name = sqlite3_column_name(r->statement, i);

        if (i)
            putc(',', r->out);
        r->csv_field(r->out, name, strlen(name));
    }
    putc('\n', r->out);
}

static void csv_row(const struct result *r)
{
    for (int i = 0; i < r->columns; i++) {
        if (i)
            putc(',', r->out);
        /* NULL is nothing, an empty text two quotes. */
        if (sqlite3_column_type(r->statement, i) == SQLITE_TEXT &&
            sqlite3_column_bytes(r->statement, i) == 0)
            fputs("\"\"", r->out);
        else
            result_value(r->out, r->statement, i, r->csv_field);
    }
    putc('\n', r->out);
}

static bool is_key(const struct result *r, int columns, const char *name)
{
    for (int i = 0; i < columns; i++)
        if (!strcmp(r->json_keys[i], name))
            return true;
    return false;
}

/* An object with one key twice loses a value in most readers: what SQLite calls such columns of a
 * subquery. NULL: no memory. */
static char *json_key(const struct result *r, int column)
{
    const char *name = sqlite3_column_name(r->statement, column);
    char *key = sqlite3_mprintf("%s", name);
    int before = 0;

    for (int i = 0; i < column; i++)
        before += !strcmp(sqlite3_column_name(r->statement, i), name);
    for (int number = before ? before : 1; key && is_key(r, column, key); number++) {
        sqlite3_free(key);
        key = sqlite3_mprintf("%s:%d", name, number);
    }
    return key;
}

/* False: no memory. */
static bool json_begin(struct result *r)
{
    r->json_keys = calloc((size_t)r->columns + 1, sizeof(*r->json_keys));
    for (int i = 0; r->json_keys && i < r->columns; i++) {
        r->json_keys[i] = json_key(r, i);
        if (!r->json_keys[i])
            return false;
    }
    return r->json_keys;
}

static void json_free(struct result *r)
{
    for (int i = 0; r->json_keys && i < r->columns; i++)
        sqlite3_free(r->json_keys[i]);
    free(r->json_keys);
}

static void json_value(const struct result *r, int column)
{
    int type = sqlite3_column_type(r->statement, column);

    switch (type) {
    case SQLITE_NULL:
        fputs("null", r->out);
        break;
    case SQLITE_FLOAT:
        /* JSON has no infinity. */
        if (isfinite(sqlite3_column_double(r->statement, column)))
            fputs((const char *)sqlite3_column_text(r->statement, column), r->out);
        else
            fputs("null", r->out);
        break;
    case SQLITE_INTEGER:
        fputs((const char *)sqlite3_column_text(r->statement, column), r->out);
        break;
    case SQLITE_BLOB:
        putc('"', r->out);
        result_value(r->out, r->statement, column, NULL);
        putc('"', r->out);
        break;
    default:
        result_value(r->out, r->statement, column, escape_json_bytes);
        break;
    }
}

static void json_row(const struct result *r)
{
    fputs(r->rows ? ",\n{" : "[\n{", r->out);
    for (int i = 0; i < r->columns; i++) {
        if (i)
            putc(',', r->out);
        escape_json(r->out, r->json_keys[i]);
        putc(':', r->out);
        json_value(r, i);
    }
    putc('}', r->out);
}

bool result_begin(struct result *result, FILE *out, enum result_format format,
                  sqlite3_stmt *statement)
{
    *result = (struct result){
        .out = out,
        .format = format,
        .statement = statement,
        .columns = sqlite3_column_count(statement),
        .csv_field = isatty(fileno(out)) ? escape_csv_shown_bytes : escape_csv_bytes,
    };
    if (format == RESULT_CSV)
        csv_header(result);
    if (format == RESULT_JSON)
        return json_begin(result);
    if (format != RESULT_TABLE)
        return true;
    result->table = result_table_new(out, statement);
    return result->table;
}

bool result_row(struct result *result)
{
    bool ok = true;

    if (result->format == RESULT_TABLE)
        ok = result_table_row(result->table);
    else if (result->format == RESULT_CSV)
        csv_row(result);
    else
        json_row(result);
    result->rows++;
    return ok;
}

bool result_end(struct result *result, bool complete)
{
    if (result->format == RESULT_TABLE)
        return result_table_end(result->table);
    if (result->format == RESULT_JSON && complete)
        fputs(result->rows ? "\n]\n" : "[]\n", result->out);
    json_free(result);
    return true;
}
