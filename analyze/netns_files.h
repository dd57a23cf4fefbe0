/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What captures say of their namespaces. Decodes no packets. */
#ifndef NST_ANALYZE_NETNS_FILES_H
#define NST_ANALYZE_NETNS_FILES_H

#include "analyze/input.h"
#include "analyze/netns_report.h"

/* All that its filter wants, in order. follows: where one of the packets was that the filter chose
 * is wanted, too. False: no memory. */
bool netns_files_report(struct input *in, bool follows, struct netns_report *r);

#endif
