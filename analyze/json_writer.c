/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/json_writer.h"

#include <inttypes.h>
#include <math.h>

#include "analyze/escape.h"

void json_key(struct json_writer *j, const char *key)
{
    if (j->comma)
        putc(',', j->out);
    j->comma = true;
    if (!key)
        return;
    escape_json(j->out, key);
    putc(':', j->out);
}

void json_begin(struct json_writer *j, const char *key, char bracket)
{
    json_key(j, key);
    putc(bracket, j->out);
    j->comma = false;
}

void json_end(struct json_writer *j, char bracket)
{
    putc(bracket, j->out);
    j->comma = true;
}

void json_string(struct json_writer *j, const char *key, const char *value)
{
    json_key(j, key);
    if (value)
        escape_json(j->out, value);
    else
        fputs("null", j->out);
}

void json_number(struct json_writer *j, const char *key, uint64_t value)
{
    json_key(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_number_or_null(struct json_writer *j, const char *key, uint64_t value)
{
    if (value)
        json_number(j, key, value);
    else
        json_string(j, key, NULL);
}

void json_decimal(struct json_writer *j, const char *key, double value)
{
    json_key(j, key);
    if (isnan(value))
        fputs("null", j->out);
    else
        fprintf(j->out, "%.1f", value);
}

void json_bool(struct json_writer *j, const char *key, bool value)
{
    json_key(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_bytes(struct json_writer *j, const char *key, const uint8_t *bytes, size_t count)
{
    json_key(j, key);
    putc('"', j->out);
    for (size_t i = 0; i < count; i++)
        fprintf(j->out, "%02x", bytes[i]);
    putc('"', j->out);
}
