/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* JSON of objects and arrays, put together member by member. */
#ifndef NST_ANALYZE_MEMBERS_H
#define NST_ANALYZE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct members {
    FILE *out;
    bool comma; /* due before the next member */
};

/* The key of a member; NULL in an array. */
void members_key(struct members *j, const char *key);
/* An object or array: by its brackets. */
void members_begin(struct members *j, const char *key, char bracket);
void members_end(struct members *j, char bracket);
/* NULL is null. */
void members_string(struct members *j, const char *key, const char *value);
void members_number(struct members *j, const char *key, uint64_t value);
/* 0 stands for what is not there. */
void members_number_or_null(struct members *j, const char *key, uint64_t value);
/* NAN is null. */
void members_decimal(struct members *j, const char *key, double value);
void members_bool(struct members *j, const char *key, bool value);
/* In hexadecimal. */
void members_bytes(struct members *j, const char *key, const uint8_t *bytes, size_t count);

#endif
