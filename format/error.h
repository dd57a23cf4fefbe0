/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the library fills in a struct nst_error. Internal. */
#ifndef NST_FORMAT_ERROR_H
#define NST_FORMAT_ERROR_H

#include "format/nstrail.h"

/* Puts the words into *err, if there is one, and answers code: `return nst_fail(...)`. */
int nst_fail(struct nst_error *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The letter that a noun has for more or fewer than one. */
#define NST_PLURAL(count) ((count) == 1 ? "" : "s")

#endif
