/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows that SQL answers, on their way to people (a table) and programs (CSV, JSON). */
#ifndef NST_ANALYZE_RESULT_H
#define NST_ANALYZE_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <sqlite3.h>

enum result_format {
    RESULT_TABLE, /* aligned columns, NULL as such, what is unprintable escaped */
    RESULT_CSV,   /* RFC 4180 with a header, but lines end as here; NULL is an empty field; what is
                     unprintable is escaped where it goes to a terminal */
    RESULT_JSON,  /* one array of objects */
};

struct result {
    FILE *out;
    enum result_format format;
    sqlite3_stmt *statement;
    int columns;
    size_t rows;
    void (*csv_field)(FILE *out, const char *text, size_t length); /* of RESULT_CSV */
    char **json_keys;                                              /* of RESULT_JSON */
    struct result_table *table;                                    /* of RESULT_TABLE */
};

/* Blobs are hexadecimal in all formats. All answer false when there is no memory. */
bool result_begin(struct result *result, FILE *out, enum result_format format,
                  sqlite3_stmt *statement);
/* The row that the statement stands on. */
bool result_row(struct result *result);
/* complete: there are no more rows; else what there was is written and nothing closed. */
bool result_end(struct result *result, bool complete);

/* A value for a program or a person, without quotes: numbers and text as they are, through
 * escape where it is text. */
void result_value(FILE *out, sqlite3_stmt *statement, int column,
                  void (*escape)(FILE *out, const char *text, size_t length));

#endif
