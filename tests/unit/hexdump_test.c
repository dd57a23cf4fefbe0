/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/hexdump.h"
#include "tests/unit/tap.h"

static struct tap tap;

static char *dump(const void *data, uint32_t length, bool ascii)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        exit(99);
    hexdump(out, data, length, "\n\t", ascii);
    fclose(out);
    return text;
}

static void check(const char *data, uint32_t length, bool ascii, const char *expected,
                  const char *name)
{
    char *text = dump(data, length, ascii);

    if (!tap_ok(&tap, !strcmp(text, expected), name))
        printf("# got %s, expected %s\n", text, expected);
    free(text);
}

static void test_lines(void)
{
    static const char bytes[] = "0123456789abcdef\xff";

    check(bytes, 0, true, "", "nothing");
    check(bytes, 1, false, "\n\t0x0000:  30", "a byte");
    check(bytes, 3, false, "\n\t0x0000:  3031 32", "an odd number of them");
    check(bytes, 16, false, "\n\t0x0000:  3031 3233 3435 3637 3839 6162 6364 6566", "a line");
    check(bytes, 17, false, "\n\t0x0000:  3031 3233 3435 3637 3839 6162 6364 6566\n\t0x0010:  ff",
          "and a byte");
    check(bytes, 17, true,
          "\n\t0x0000:  3031 3233 3435 3637 3839 6162 6364 6566  0123456789abcdef"
          "\n\t0x0010:  ff                                       .",
          "characters stand in a column");
}

static void test_characters(void)
{
    check("\x1b[m", 3, true, "\n\t0x0000:  1b5b 6d                                  .[m",
          "a control character");
    check(" !~\x7f\x80\xff\n\t", 8, true,
          "\n\t0x0000:  2021 7e7f 80ff 0a09                      .!~.....", "what is shown");
}

/* More than four digits count. */
static void test_longest(void)
{
    static const char zeros[65536 + 1];
    char *text = dump(zeros, sizeof(zeros), false);

    tap_ok(&tap, strstr(text, "\n\t0xfff0:  0000") && strstr(text, "\n\t0x10000:  00"),
           "a packet of the greatest length");
    free(text);
}

int main(void)
{
    test_lines();
    test_characters();
    test_longest();
    return tap_done(&tap);
}
