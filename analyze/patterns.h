/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One value of --dev, --probe, --drop and --track, against one thing of a capture. */
#ifndef NST_ANALYZE_PATTERNS_H
#define NST_ANALYZE_PATTERNS_H

#include <stdbool.h>

#include "analyze/criteria.h"
#include "format/nstrail.h"

bool pattern_is_device(const char *pattern, const struct nst_device *device);
bool pattern_is_probe(const char *pattern, const struct nst_probe *probe);
bool pattern_is_reason(const char *pattern, const struct nst_drop_reason *reason);
bool pattern_is_track(const struct track *track, const struct nst_event *event);

#endif
