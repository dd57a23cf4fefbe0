/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/members.h"

#include <inttypes.h>
#include <math.h>

#include "analyze/escape.h"

void members_key(struct members *j, const char *key)
{
    if (j->comma)
        putc(',', j->out);
    j->comma = true;
    if (!key)
        return;
    escape_json(j->out, key);
    putc(':', j->out);
}

void members_begin(struct members *j, const char *key, char bracket)
{
    members_key(j, key);
    putc(bracket, j->out);
    j->comma = false;
}

void members_end(struct members *j, char bracket)
{
    putc(bracket, j->out);
    j->comma = true;
}

void members_string(struct members *j, const char *key, const char *value)
{
    members_key(j, key);
    if (value)
        escape_json(j->out, value);
    else
        fputs("null", j->out);
}

void members_number(struct members *j, const char *key, uint64_t value)
{
    members_key(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void members_number_or_null(struct members *j, const char *key, uint64_t value)
{
    if (value)
        members_number(j, key, value);
    else
        members_string(j, key, NULL);
}

void members_decimal(struct members *j, const char *key, double value)
{
    members_key(j, key);
    if (isnan(value))
        fputs("null", j->out);
    else
        fprintf(j->out, "%.1f", value);
}

void members_bool(struct members *j, const char *key, bool value)
{
    members_key(j, key);
    fputs(value ? "true" : "false", j->out);
}

void members_bytes(struct members *j, const char *key, const uint8_t *bytes, size_t count)
{
    members_key(j, key);
    putc('"', j->out);
    for (size_t i = 0; i < count; i++)
        fprintf(j->out, "%02x", bytes[i]);
    putc('"', j->out);
}
