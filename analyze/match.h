/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A filter applied to one file. Patterns and names are compared once a block, with the entries of
 * its dictionaries; for an event there is only a look into a table for each kind of option.
 */
#ifndef NST_ANALYZE_MATCH_H
#define NST_ANALYZE_MATCH_H

#include "analyze/criteria.h"
#include "analyze/journey_set.h"
#include "analyze/who_spans.h"
#include "format/nstrail.h"

/* What is known of one WHO in this file. */
struct match_who {
    const struct nst_who *who;
    bool found; /* such a namespace was seen in it */
    struct who_spans spans;
};

/* Which entries of a dictionary match, and behind them one for NST_NONE. NULL: all do. Entries are
 * true or false, those of namespaces an enum who_when: a name may come or go within a block. */
struct match_table {
    uint8_t *matches;
    uint32_t count;
    size_t room;
};

struct matcher {
    const struct filter *filter;       /* NULL: everything matches */
    const struct journey_set *follow;  /* see match_follow() */
    uint64_t since_ns, until_ns;       /* since 1970 */
    uint64_t since_ts_ns, until_ts_ns; /* CLOCK_MONOTONIC */
    struct match_who *whos;            /* filter->whos_count of them */
    uint8_t *frame;                    /* FRAME_MAX bytes to put frames together in */
    struct match_table netns, devices, probes, drop_reasons; /* of the block at hand */
};

/* False: no memory. filter may be NULL, then everything matches. */
bool match_init(struct matcher *m, const struct filter *filter);
void match_free(struct matcher *m);

/* It asks for more than times, so that perhaps few events of a block match, or none. */
bool match_is_choosy(const struct matcher *m);

/* From now on an event matches if its journey is one of these, or, having none, if it meets the
 * criteria itself; times hold for both. NULL: each has to meet them. */
void match_follow(struct matcher *m, const struct journey_set *journeys);

/* Tells the first and the last event, which --since and --until may count from. Until it is called,
 * such times exclude nothing. */
void match_window(struct matcher *m, uint64_t first_time_ns, uint64_t last_time_ns);
/* Both --since and --until are given, and no time is in between. */
bool match_window_is_empty(const struct matcher *m);
/* Takes what the file's tables say by now of those that --netns names. inv stays the caller's.
 * False: no memory. */
bool match_learn(struct matcher *m, const struct inventory *inv);
/* Tells a namespace that is in the file. False: no memory. */
bool match_see_netns(struct matcher *m, const struct nst_netns *netns);

/* False: nothing in such a block can match. */
bool match_block(const struct matcher *m, const struct nst_block_info *info);
/* Call it before match_event() for the block's events; reads its dictionaries alone. 0: none of its
 * events can match; 1: some may; <0: -ENOMEM. */
int match_prepare(struct matcher *m, const struct nst_block *block);
/* Whether --netns lets the namespace through at some time between the two (CLOCK_MONOTONIC). */
bool match_netns(const struct matcher *m, const struct nst_netns *netns, uint64_t from_ns,
                 uint64_t to_ns);
/* Everything but -f. */
bool match_event(const struct matcher *m, const struct nst_block *block,
                 const struct nst_event *event);
/* -f; an event without packet bytes matches none. */
bool match_packet(const struct matcher *m, const struct nst_event *event);

#endif
