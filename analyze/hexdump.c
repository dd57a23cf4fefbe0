/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/hexdump.h"

#include "analyze/digits.h"

#define LINE_BYTES 16
/* Each two bytes have a space before them. */
#define LINE_DIGITS (LINE_BYTES / 2 * 5)

/* Answers how many characters these are. */
static int print_hex(FILE *out, const uint8_t *data, uint32_t length)
{
    static const char digits[] = "0123456789abcdef";
    char text[LINE_DIGITS];
    int used = 0;

    for (uint32_t i = 0; i < length; i++) {
        if (i % 2 == 0)
            text[used++] = ' ';
        text[used++] = digits[data[i] >> 4];
        text[used++] = digits[data[i] & 15];
    }
    fwrite(text, 1, (size_t)used, out);
    return used;
}

/* A space is a dot, too: it can be seen where a line ends. */
static void print_ascii(FILE *out, const uint8_t *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        putc(data[i] > ' ' && data[i] < 0x7f ? data[i] : '.', out);
}

void hexdump(FILE *out, const uint8_t *data, uint32_t length, const char *before, bool ascii)
{
    for (uint32_t at = 0; at < length; at += LINE_BYTES) {
        uint32_t bytes = length - at < LINE_BYTES ? length - at : LINE_BYTES;
        int used;

        fputs(before, out);
        fputs("0x", out);
        digits_hex(out, at, 4);
        fputs(": ", out);
        used = print_hex(out, data + at, bytes);
        if (ascii) {
            fprintf(out, "%*s", LINE_DIGITS - used + 2, "");
            print_ascii(out, data + at, bytes);
        }
    }
}
