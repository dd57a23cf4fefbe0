/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files that one recording wrote, one after the other. */
#ifndef NST_ANALYZE_SERIES_H
#define NST_ANALYZE_SERIES_H

#include <stdbool.h>

#include "analyze/source.h"

/* Says which files are missing between those that are there. The first ones may be gone, as a ring
 * removes them, and one file alone is asked about for its own sake. False: no memory. */
bool series_say_missing(struct source *const *sources, unsigned count);

/* A file that was full before the recorder had looked tells of no namespace: it learns what those
 * before and behind it say. After all have been opened, before anything is looked up. False: no
 * memory. */
bool series_share(struct source *const *sources, unsigned count);

/* Whether there are files of that name with a number at its end, as of a recording that has
 * several, of which only the first has none. */
bool series_has_numbered(const char *path);

#endif
