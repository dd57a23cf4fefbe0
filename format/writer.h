/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tests need of the writer beyond its public face. Internal. */
#ifndef NST_FORMAT_WRITER_H
#define NST_FORMAT_WRITER_H

#include "format/nstrail.h"

/* As nst_writer_open(), with the salt that is in info: the same input then makes the same
 * file. */
int nst_writer_open_salted(struct nst_writer **w, int fd, const struct nst_file_info *info,
                           struct nst_error *err);

#endif
