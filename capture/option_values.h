/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The arguments of options, read from their texts. option is what the user calls it ("-C"), for
 * the message. -EINVAL: the text is none; what the answer goes to is then of no use.
 */
#ifndef NST_CAPTURE_OPTION_VALUES_H
#define NST_CAPTURE_OPTION_VALUES_H

#include <stdint.h>

#include "format/nstrail.h"

/* Decimal digits. */
int option_number(const char *option, const char *text, uint64_t min, uint64_t max,
                  uint64_t *number, struct nst_error *err);

/* Seconds, in whatever way strtod(3) reads them, or with units: "1h30m". More than 0. */
int option_seconds(const char *option, const char *text, uint64_t *ns, struct nst_error *err);

/* As tcpdump's -C: millions of bytes, or with a suffix k, M, G for KiB, MiB, GiB. */
int option_size(const char *option, const char *text, uint64_t least, uint64_t *bytes,
                struct nst_error *err);

/* The place of the text among the three words. */
int option_choice(const char *option, const char *text, const char *const words[3],
                  struct nst_error *err);

#endif
