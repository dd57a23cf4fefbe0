/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The content of TABLES and END blocks, as written; nst_decode_tables() reads it. Internal. */
#ifndef NST_FORMAT_TABLES_H
#define NST_FORMAT_TABLES_H

#include "format/frame.h"
#include "format/nstrail.h"

/* Replaces what plain held. -EINVAL, -EFBIG, -ENOMEM. */
int nst_tables_encode(const struct nst_tables *tables, struct buffer *plain, struct nst_error *err);

#endif
