/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/result_table.h"

#include <stdlib.h>

#include "analyze/escape.h"

/* Cells whose widths are looked at before the first line is written. */
#define CELLS_MAX 10000u

#define GAP "  "

struct cell {
    size_t begin, length; /* in text */
    bool number;
};

struct column {
    size_t width;
    bool right; /* aligned: it holds numbers alone */
};

struct result_table {
    FILE *out;
    sqlite3_stmt *statement;
    size_t columns_count;
    struct column *columns;
    struct cell *cells; /* the header's are the first */
    size_t cells_count;
    bool flowing; /* widths are decided, rows are written as they come */
    FILE *stream; /* fills text */
    char *text;
    size_t text_size;
};

/* Characters: escape_text() lets nothing but whole UTF-8 through. */
static size_t width_of(const char *text, size_t length)
{
    size_t width = 0;

    for (size_t i = 0; i < length; i++)
        width += ((unsigned char)text[i] & 0xc0) != 0x80;
    return width;
}

static void put_spaces(FILE *out, size_t count)
{
    if (count)
        fprintf(out, "%*s", (int)count, "");
}

static void put_cell(const struct result_table *t, size_t column, const struct cell *cell)
{
    const char *text = t->text + cell->begin;
    size_t width = width_of(text, cell->length);
    size_t room = t->columns[column].width;
    size_t padding = width < room ? room - width : 0;
    bool right = t->columns[column].right;

    if (right)
        put_spaces(t->out, padding);
    fwrite(text, 1, cell->length, t->out);
    if (column + 1 == t->columns_count)
        return;
    if (!right)
        put_spaces(t->out, padding);
    fputs(GAP, t->out);
}

static void put_line(const struct result_table *t, const struct cell *cells)
{
    for (size_t i = 0; i < t->columns_count; i++)
        put_cell(t, i, &cells[i]);
    putc('\n', t->out);
}

static void put_rule(const struct result_table *t)
{
    for (size_t i = 0; i < t->columns_count; i++) {
        for (size_t j = 0; j < t->columns[i].width; j++)
            putc('-', t->out);
        if (i + 1 < t->columns_count)
            fputs(GAP, t->out);
    }
    putc('\n', t->out);
}

static void decide_widths(struct result_table *t)
{
    bool rows = t->cells_count > t->columns_count;

    for (size_t i = 0; i < t->columns_count; i++)
        t->columns[i].right = rows;
    for (size_t i = 0; i < t->cells_count; i++) {
        struct column *column = &t->columns[i % t->columns_count];
        size_t width = width_of(t->text + t->cells[i].begin, t->cells[i].length);

        if (width > column->width)
            column->width = width;
        if (i >= t->columns_count && !t->cells[i].number)
            column->right = false;
    }
}

static bool flush(struct result_table *t)
{
    size_t at = 0;

    if (fflush(t->stream) != 0)
        return false;
    if (!t->flowing) {
        decide_widths(t);
        put_line(t, t->cells);
        put_rule(t);
        at = t->columns_count;
        t->flowing = true;
    }
    for (; at < t->cells_count; at += t->columns_count)
        put_line(t, t->cells + at);
    rewind(t->stream);
    t->cells_count = 0;
    return true;
}

static bool end_cell(struct result_table *t, long begin, bool number)
{
    long end = ftell(t->stream);

    if (begin < 0 || end < begin)
        return false;
    t->cells[t->cells_count++] = (struct cell){
        .begin = (size_t)begin,
        .length = (size_t)(end - begin),
        .number = number,
    };
    return !ferror(t->stream);
}

static bool add_value(struct result_table *t, int column)
{
    long begin = ftell(t->stream);
    int type = sqlite3_column_type(t->statement, column);

    if (type == SQLITE_NULL)
        fputs("NULL", t->stream);
    else
        result_value(t->stream, t->statement, column, escape_text_bytes);
    /* NULL stands well among either. */
    return end_cell(t, begin, type != SQLITE_TEXT && type != SQLITE_BLOB);
}

bool result_table_row(struct result_table *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->columns_count && ok; i++)
        ok = add_value(t, (int)i);
    if (ok && (t->flowing || t->cells_count + t->columns_count > CELLS_MAX))
        ok = flush(t);
    return ok;
}

static void release(struct result_table *t)
{
    if (t->stream)
        fclose(t->stream);
    free(t->text);
    free(t->cells);
    free(t->columns);
    free(t);
}

bool result_table_end(struct result_table *t)
{
    bool ok = t->flowing || flush(t);

    release(t);
    return ok;
}

static bool add_header(struct result_table *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->columns_count && ok; i++) {
        long begin = ftell(t->stream);

        escape_text(t->stream, sqlite3_column_name(t->statement, (int)i));
        ok = end_cell(t, begin, false);
    }
    return ok;
}

struct result_table *result_table_new(FILE *out, sqlite3_stmt *statement)
{
    struct result_table *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->out = out;
    t->statement = statement;
    t->columns_count = (size_t)sqlite3_column_count(statement);
    t->columns = calloc(t->columns_count, sizeof(*t->columns));
    /* Room for a whole row more than the limit. */
    t->cells = calloc(CELLS_MAX + t->columns_count, sizeof(*t->cells));
    t->stream = open_memstream(&t->text, &t->text_size);
    if (!t->columns || !t->cells || !t->stream || !add_header(t)) {
        release(t);
        return NULL;
    }
    return t;
}
