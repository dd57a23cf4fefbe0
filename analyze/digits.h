/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers to a stream: several times as fast as fprintf(), where a million lines are printed. */
#ifndef NST_ANALYZE_DIGITS_H
#define NST_ANALYZE_DIGITS_H

#include <stdint.h>
#include <stdio.h>

void digits_decimal(FILE *out, uint64_t number);
/* In lower case; with leading zeros up to that many digits. */
void digits_hex(FILE *out, uint64_t number, unsigned at_least);

#endif
