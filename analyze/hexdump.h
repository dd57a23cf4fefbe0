/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes in hexadecimal, laid out as tcpdump's -x and -X have them. */
#ifndef NST_ANALYZE_HEXDUMP_H
#define NST_ANALYZE_HEXDUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A line each 16 bytes, each with before in front: "\n\t". ascii: with the characters beside. */
void hexdump(FILE *out, const uint8_t *data, uint32_t length, const char *before, bool ascii);

#endif
