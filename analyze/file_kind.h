/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a file is, by its first bytes, as far as it concerns us: to tell people which command it is
 * for. */
#ifndef NST_ANALYZE_FILE_KIND_H
#define NST_ANALYZE_FILE_KIND_H

enum file_kind {
    FILE_KIND_OTHER, /* also what cannot be read, and what is no regular file */
    FILE_KIND_CAPTURE,
    FILE_KIND_DATABASE, /* SQLite's, whoever made it */
};

enum file_kind file_kind(const char *path);

#endif
