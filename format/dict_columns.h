/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a finished block's dictionaries and sites become. Internal. */
#ifndef NST_FORMAT_DICT_COLUMNS_H
#define NST_FORMAT_DICT_COLUMNS_H

#include "format/dict.h"
#include "format/frame.h"
#include "format/layout.h"
#include "format/site.h"

/* The dictionaries, in the order of enum count_of. (That of OF_SITE stays empty: sites are kept
 * in a way of their own.) */
enum { DICTS = COUNTS };

/* Their columns: ids from COLUMN_COUNTS to COLUMN_FRAME_NAME without a gap. */
enum { DICT_COLUMNS = COLUMN_FRAME_NAME + 1 };

/* Fills in b[COLUMN_...], emptied before, with what the open block uses. -ENOMEM. */
int nst_dict_columns(struct buffer *b, const struct dict *dicts, const struct sites *sites,
                     uint32_t snaplen);

#endif
