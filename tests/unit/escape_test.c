/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/digits.h"
#include "analyze/escape.h"
#include "tests/unit/tap.h"

static struct tap tap;

static void check(void (*escape)(FILE *out, const char *name), const char *input,
                  const char *expected, const char *name)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        exit(99);
    escape(out, input);
    fclose(out);
    if (!tap_ok(&tap, !strcmp(text, expected), name))
        printf("# got %s, expected %s\n", text, expected);
    free(text);
}

/* Of the whole array, a NUL in it or not, but for the one at its end. */
#define CHECK_BYTES(escape, input, expected, name)                                                 \
    check_bytes(escape, input, sizeof(input) - 1, expected, sizeof(expected) - 1, name)

static void check_bytes(void (*escape)(FILE *out, const char *text, size_t length),
                        const char *input, size_t input_length, const char *expected,
                        size_t expected_length, const char *name)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        exit(99);
    escape(out, input, input_length);
    fclose(out);
    if (!tap_ok(&tap, length == expected_length && !memcmp(text, expected, length), name))
        printf("# got %s, expected %s\n", text, expected);
    free(text);
}

static void test_bytes(void)
{
    CHECK_BYTES(escape_text_bytes, "a\0b\xc3\0", "a\\x00b\\xc3\\x00", "text: NULs");
    CHECK_BYTES(escape_json_bytes, "\0\0z\xe2\0", "\"\\u0000\\u0000z\xef\xbf\xbd\\u0000\"",
                "JSON: NULs");
    CHECK_BYTES(escape_csv_bytes, "a\0b", "a\0b", "CSV: a NUL, as it is");
    CHECK_BYTES(escape_csv_bytes, "a\0,", "\"a\0,\"", "CSV: a comma behind a NUL");
    CHECK_BYTES(escape_csv_shown_bytes, "a\0,\x1b", "\"a\\x00,\\x1b\"", "CSV on a terminal: a NUL");
    CHECK_BYTES(escape_csv_bytes, "plain text;'", "plain text;'", "CSV: no quotes needed");
    CHECK_BYTES(escape_csv_bytes, "a,b", "\"a,b\"", "CSV: a comma");
    CHECK_BYTES(escape_csv_bytes, "say \"x\"\r\n", "\"say \"\"x\"\"\r\n\"",
                "CSV: quotes and line ends");
    CHECK_BYTES(escape_csv_bytes, "\x1b[31m", "\x1b[31m", "CSV: as it is, for programs");
    CHECK_BYTES(escape_csv_shown_bytes, "\x1b[31m,", "\"\\x1b[31m,\"",
                "CSV on a terminal: control");
}

static void test_text(void)
{
    check(escape_text, "", "", "text: nothing");
    check(escape_text, "eth0 \"q\" 'a' ~", "eth0 \"q\" 'a' ~", "text: what is plain stays");
    check(escape_text, "a\\b", "a\\x5cb", "text: a backslash");
    check(escape_text, "\x1b[31mred\x7f\n\t", "\\x1b[31mred\\x7f\\x0a\\x09", "text: control");
    check(escape_text, "h\xc3\xb6hle \xe2\x82\xac \xf0\x9f\x90\xa7",
          "h\xc3\xb6hle \xe2\x82\xac \xf0\x9f\x90\xa7", "text: UTF-8 stays");
    check(escape_text,
          "\xc2\x9b"
          "31m",
          "\\xc2\\x9b31m", "text: a C1 control character");
    check(escape_text,
          "a\xe2\x80\xae"
          "b",
          "a\\xe2\\x80\\xaeb", "text: an override of direction");
    check(escape_text, "\xff\xc3", "\\xff\\xc3", "text: no UTF-8, cut UTF-8");
    check(escape_text, "\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf", "text: overlong");
    check(escape_text, "\xed\xa0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80",
          "text: a surrogate, above U+10FFFF");
}

static void test_json(void)
{
    check(escape_json, "", "\"\"", "JSON: nothing");
    check(escape_json, "a\"b\\c/", "\"a\\\"b\\\\c/\"", "JSON: quote and backslash");
    check(escape_json, "\n\r\t\x01\x1b\x7f", "\"\\n\\r\\t\\u0001\\u001b\\u007f\"", "JSON: control");
    check(escape_json, "\xc3\xb6\xf0\x9f\x90\xa7", "\"\xc3\xb6\xf0\x9f\x90\xa7\"",
          "JSON: UTF-8 stays");
    check(escape_json, "\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\"", "JSON: C1, direction");
    check(escape_json,
          "a\xff"
          "b\xe2\x82",
          "\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\xef\xbf\xbd\"",
          "JSON: what is no UTF-8");
}

static void test_others(void)
{
    check(escape_percent, "web/eth0.1:2_-", "web/eth0.1:2_-", "percent: what stays");
    check(escape_percent, "a b%\xc3(", "a%20b%25%C3%28", "percent: what does not");
}

static void decimal(FILE *out, const char *text)
{
    digits_decimal(out, strtoull(text, NULL, 10));
}

static void hex(FILE *out, const char *text)
{
    digits_hex(out, strtoull(text, NULL, 16), 1);
}

static void hex16(FILE *out, const char *text)
{
    digits_hex(out, strtoull(text, NULL, 16), 16);
}

static void test_digits(void)
{
    check(decimal, "0", "0", "decimal: 0");
    check(decimal, "18446744073709551615", "18446744073709551615", "decimal: the greatest");
    check(hex, "0", "0", "hex: 0");
    check(hex, "ffffffffffffffff", "ffffffffffffffff", "hex: the greatest");
    check(hex16, "1f", "000000000000001f", "hex: leading zeros");
}

int main(void)
{
    test_bytes();
    test_text();
    test_json();
    test_others();
    test_digits();
    return tap_done(&tap);
}
