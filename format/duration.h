/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How people say how long, to both programs alike. Internal. */
#ifndef NST_FORMAT_DURATION_H
#define NST_FORMAT_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* "90", which are seconds, "2.5", "10m", "1h30m": from days (d) over h, m and s to ms, the longest
 * first. NULL, or what is wrong with it. */
const char *nst_duration_parse(const char *text, uint64_t *ns);

/* ".5": the point and what follows it, if it is there; digits past the ninth are dropped. */
bool nst_fraction_parse(const char **text, uint64_t *ns);

#endif
