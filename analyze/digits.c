/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/digits.h"

void digits_decimal(FILE *out, uint64_t number)
{
    char text[20];
    size_t at = sizeof(text);

    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    fwrite(text + at, 1, sizeof(text) - at, out);
}

void digits_hex(FILE *out, uint64_t number, unsigned at_least)
{
    char text[16];
    size_t at = sizeof(text);

    do {
        text[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (at && (number || sizeof(text) - at < at_least));
    fwrite(text + at, 1, sizeof(text) - at, out);
}
