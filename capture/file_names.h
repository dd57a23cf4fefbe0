/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of a recording are called: as -w says, with strftime(3)'s conversions, and a
 * number at the end for every file but the first of a name. Pure.
 */
#ifndef NST_CAPTURE_FILE_NAMES_H
#define NST_CAPTURE_FILE_NAMES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Whether the names change with the time. */
bool file_names_timed(const char *pattern);

/* The name at that time (local time's), with the number unless that is 0. false: too long. */
bool file_names_make(const char *pattern, const struct tm *time, uint64_t number,
                     char name[PATH_MAX]);

/* Whether a recording with that pattern may have given its file this name; both are names within
 * a folder. */
bool file_names_match(const char *pattern, const char *name);

#endif
