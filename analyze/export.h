/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures as pcapng. What it looks like is in nstrail(1), under EXPORTED FILES. */
#ifndef NST_ANALYZE_EXPORT_H
#define NST_ANALYZE_EXPORT_H

#include <stdbool.h>

#include "analyze/filter.h"

struct export_options {
    struct filter *filter;
    char *const *paths; /* what to read */
    int paths_count;
    const char *output; /* "-": standard output */
    bool all_events;    /* not each packet once a (device, direction) */
    bool raw_ip;        /* packets that begin at L3 get no Ethernet header, but interfaces of their
                           own */
};

/* enum status; says what went wrong. */
int export_packets(const struct export_options *wanted);

#endif
