/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes JSON member by member, with commas where they are due. */
#ifndef NST_ANALYZE_JSON_WRITER_H
#define NST_ANALYZE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer {
    FILE *out;
    bool comma; /* due before the next member */
};

/* What a member begins with, for who writes its value. key is NULL in an array, here and below. */
void json_key(struct json_writer *j, const char *key);
/* Begins an object ('{') or an array ('['), and ends it by the other bracket. */
void json_begin(struct json_writer *j, const char *key, char bracket);
void json_end(struct json_writer *j, char bracket);
/* NULL is null. */
void json_string(struct json_writer *j, const char *key, const char *value);
void json_number(struct json_writer *j, const char *key, uint64_t value);
/* 0 is null. */
void json_number_or_null(struct json_writer *j, const char *key, uint64_t value);
/* NAN is null. */
void json_decimal(struct json_writer *j, const char *key, double value);
void json_bool(struct json_writer *j, const char *key, bool value);
/* A string of hexadecimal digits. */
void json_bytes(struct json_writer *j, const char *key, const uint8_t *bytes, size_t count);

#endif
