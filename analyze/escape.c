/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * One character of UTF-8 as RFC 3629 has it: shortest form, no surrogates, at most U+10FFFF.
 * Its length, or 0 where there is none. Stops at the NUL behind the text by itself: that is no
 * continuation byte.
 */
static unsigned utf8_length(const unsigned char *s, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned length;

    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2;
    else if ((s[0] & 0xf0) == 0xe0)
        length = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4;
    else
        return 0;
    *code = s[0] & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    if (*code < smallest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return length;
}

/* Characters that move a terminal's cursor or turn its writing direction, so that a line reads
 * as something that it is not. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* How many bytes from s on need no second look, whoever reads them. */
static size_t plain_length(const unsigned char *s)
{
    size_t n = 0;

    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '\\' && s[n] != '"')
        n++;
    return n;
}

/* Writes what is plain, and finds the character after it: *length bytes, 0 if it is none of UTF-8.
 * False: the end. */
static bool next_character(FILE *out, const unsigned char **s, const unsigned char *end,
                           uint32_t *code, unsigned *length)
{
    size_t plain = plain_length(*s);

    fwrite(*s, 1, plain, out);
    *s += plain;
    if (*s == end)
        return false;
    *length = utf8_length(*s, code);
    return true;
}

void escape_text_bytes(FILE *out, const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length;
    uint32_t code;
    unsigned bytes;

    while (next_character(out, &s, end, &code, &bytes)) {
        if (bytes && code != '\\' && !is_control(code)) {
            fwrite(s, 1, bytes, out);
            s += bytes;
            continue;
        }
        for (bytes = bytes ? bytes : 1; bytes; bytes--)
            fprintf(out, "\\x%02x", *s++);
    }
}

void escape_text(FILE *out, const char *name)
{
    escape_text_bytes(out, name, strlen(name));
}

static char *text_copy(const char *text, size_t length)
{
    char *copy = NULL;
    size_t size;
    FILE *out = open_memstream(&copy, &size);

    if (!out)
        return NULL;
    escape_text_bytes(out, text, length);
    if (!fclose(out))
        return copy;
    free(copy);
    return NULL;
}

char *escape_text_copy(const char *name)
{
    return text_copy(name, strlen(name));
}

static void json_character(FILE *out, uint32_t code)
{
    switch (code) {
    case '"':
        fputs("\\\"", out);
        break;
    case '\\':
        fputs("\\\\", out);
        break;
    case '\n':
        fputs("\\n", out);
        break;
    case '\r':
        fputs("\\r", out);
        break;
    case '\t':
        fputs("\\t", out);
        break;
    default:
        /* Every character that is_control() names lies in the first plane. */
        fprintf(out, "\\u%04x", code);
    }
}

void escape_json_bytes(FILE *out, const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length;
    uint32_t code;
    unsigned bytes;

    putc('"', out);
    while (next_character(out, &s, end, &code, &bytes)) {
        if (!bytes)
            fputs("\xef\xbf\xbd", out);
        else if (code == '"' || code == '\\' || is_control(code))
            json_character(out, code);
        else
            fwrite(s, 1, bytes, out);
        s += bytes ? bytes : 1;
    }
    putc('"', out);
}

void escape_json(FILE *out, const char *name)
{
    escape_json_bytes(out, name, strlen(name));
}

static bool csv_needs_quotes(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == ',' || text[i] == '"' || text[i] == '\r' || text[i] == '\n')
            return true;
    return false;
}

void escape_csv_bytes(FILE *out, const char *text, size_t length)
{
    if (!csv_needs_quotes(text, length)) {
        fwrite(text, 1, length, out);
        return;
    }
    putc('"', out);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            putc('"', out);
        putc(text[i], out);
    }
    putc('"', out);
}

/* Without memory nothing is shown, rather than what may be anything. */
void escape_csv_shown_bytes(FILE *out, const char *text, size_t length)
{
    char *copy = text_copy(text, length);

    if (copy)
        escape_csv_bytes(out, copy, strlen(copy));
    free(copy);
}

static bool is_plain_in_percent(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-' || c == ':' || c == '/';
}

void escape_percent(FILE *out, const char *name)
{
    for (;;) {
        size_t n = 0;

        while (is_plain_in_percent(name[n]))
            n++;
        fwrite(name, 1, n, out);
        name += n;
        if (!*name)
            return;
        fprintf(out, "%%%02X", (unsigned char)*name++);
    }
}
