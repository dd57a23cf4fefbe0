/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that come from packets, processes and files, on their way to people and programs. */
#ifndef NST_ANALYZE_ESCAPE_H
#define NST_ANALYZE_ESCAPE_H

#include <stdio.h>

/* For a terminal: control characters, backslashes and what is not UTF-8 as \xNN. */
void escape_text(FILE *out, const char *name);
/* As a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void escape_json(FILE *out, const char *name);

/* So many bytes of text, NULs among them or not; behind them stands one more. */
void escape_text_bytes(FILE *out, const char *text, size_t length);
void escape_json_bytes(FILE *out, const char *text, size_t length);
/* A CSV field, quoted where it must be (RFC 4180). */
void escape_csv_bytes(FILE *out, const char *text, size_t length);
/* The same for a terminal, as escape_text() has it. */
void escape_csv_shown_bytes(FILE *out, const char *text, size_t length);

/* What escape_text() makes of it; the caller frees it. NULL: no memory. */
char *escape_text_copy(const char *name);
/* Percent-escaped outside letters, digits and ._-:/ , for comments that programs read. */
void escape_percent(FILE *out, const char *name);

#endif
