/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a filter's options ask for, before any file is known. Between filter.c and match.c. */
#ifndef NST_ANALYZE_CRITERIA_H
#define NST_ANALYZE_CRITERIA_H

#include <pcap/pcap.h>

#include "analyze/filter.h"
#include "analyze/when.h"
#include "format/who.h"

/* Alternatives; the texts are borrowed from the command line. */
struct patterns {
    const char **list;
    size_t count;
};

/* A packet's journey: by its id, or by the pair that Retis names it by. */
struct track {
    const char *given; /* as the user wrote it; borrowed */
    bool is_pair;
    uint64_t id;
    uint64_t ts_ns;
    uint64_t head;
};

struct filter {
    struct nst_who *whos;
    size_t whos_count;
    struct patterns devices;
    struct patterns probes;
    struct patterns drop_reasons;
    bool drops;               /* only drops; with any reason unless drop_reasons has some */
    bool any_drop;            /* --drop was given without a reason, too */
    struct when since, until; /* since <= time < until */

    struct track *tracks;
    size_t tracks_count;

    bool follow; /* the packets of events that match, with all of their events */

    /* -f, compiled for frames that begin at L2 and at L3. */
    bool has_program;
    bool has_program_l3; /* false: it asks for what only a link layer has */
    struct bpf_program program;
    struct bpf_program program_l3;
};

#endif
