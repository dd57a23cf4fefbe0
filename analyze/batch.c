/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/batch.h"

#include <stdlib.h>
#include <string.h>

/* More gain nothing. */
#define ROWS 32

struct batch {
    sqlite3_stmt *many, *one; /* ROWS rows, and a single one */
    int columns;
    int rows, column; /* whole rows, and the next column of the one after them */
    struct {
        int64_t *values;
        uint32_t nulls; /* bit by column */
    } row[ROWS];
    int64_t *values;
};

static int prepare(const struct db *db, const char *table, const char *columns, int count, int rows,
                   sqlite3_stmt **statement)
{
    sqlite3_str *sql = sqlite3_str_new(db->handle);
    char *text;
    int code;

    sqlite3_str_appendf(sql, "INSERT INTO %s(%s) VALUES", table, columns);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < count; c++)
            sqlite3_str_appendf(sql, "%s?%s", c ? "," : r ? ",(" : "(", c + 1 < count ? "" : ")");
    text = sqlite3_str_finish(sql);
    code = text ? db_prepare(db, text, statement) : SQLITE_NOMEM;
    sqlite3_free(text);
    return code;
}

static int count_columns(const char *columns)
{
    int count = 1;

    while ((columns = strchr(columns, ','))) {
        columns++;
        count++;
    }
    return count;
}

int batch_open(struct batch **batch, const struct db *db, const char *table, const char *columns)
{
    struct batch *b = calloc(1, sizeof(*b));
    int count = count_columns(columns), code;

    if (!b)
        return SQLITE_NOMEM;
    b->columns = count;
    b->values = calloc((size_t)count * ROWS, sizeof(*b->values));
    for (int r = 0; r < ROWS && b->values; r++)
        b->row[r].values = b->values + r * count;
    code = b->values ? prepare(db, table, columns, count, ROWS, &b->many) : SQLITE_NOMEM;
    if (!code)
        code = prepare(db, table, columns, count, 1, &b->one);
    if (code) {
        batch_close(b);
        return code;
    }
    *batch = b;
    return SQLITE_OK;
}

void batch_close(struct batch *b)
{
    if (!b)
        return;
    sqlite3_finalize(b->many);
    sqlite3_finalize(b->one);
    free(b->values);
    free(b);
}

void batch_put(struct batch *b, int64_t value)
{
    b->row[b->rows].values[b->column++] = value;
}

void batch_put_unless(struct batch *b, bool absent, int64_t value)
{
    b->row[b->rows].nulls |= (uint32_t)absent << b->column;
    batch_put(b, value);
}

static void bind_row(struct batch *b, sqlite3_stmt *statement, int row, int first)
{
    for (int c = 0; c < b->columns; c++)
        db_bind_unless(statement, first + c, b->row[row].nulls >> c & 1, b->row[row].values[c]);
    b->row[row].nulls = 0;
}

int batch_flush(struct batch *b)
{
    int code = SQLITE_OK;

    for (int r = 0; r < b->rows && !code; r++) {
        bind_row(b, b->one, r, 1);
        code = db_run(b->one);
    }
    b->rows = 0;
    return code;
}

int batch_end_row(struct batch *b)
{
    b->column = 0;
    if (++b->rows < ROWS)
        return SQLITE_OK;
    for (int r = 0; r < ROWS; r++)
        bind_row(b, b->many, r, 1 + r * b->columns);
    b->rows = 0;
    return db_run(b->many);
}
