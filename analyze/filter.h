/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events a command wants: --netns, --dev, --probe, --drop, --since, --until, --track
 * and -f. Options of one kind are alternatives to each other, kinds must all hold. With --follow
 * they choose packets, of which all events are wanted.
 */
#ifndef NST_ANALYZE_FILTER_H
#define NST_ANALYZE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "format/nstrail.h"
#include "analyze/options.h"

struct filter;
struct nst_who;

/* Where the numbers of those begin that have no letter. */
#define FILTER_OPTION_FIRST 1000

/* Their part of every command's option table. */
extern const struct option_spec filter_options[];

struct filter *filter_new(void);
void filter_free(struct filter *f);
/* One of filter_options was given. enum status; says what was wrong. */
int filter_option(struct filter *f, int letter, const char *value);
/* Any option was given. */
bool filter_is_set(const struct filter *f);
/* Any option but --netns was given. */
bool filter_asks_events(const struct filter *f);
/* A time counts back from the last event. */
bool filter_asks_end(const struct filter *f);
/* The WHO of a --netns, from 0 on; NULL: there are no more. */
const struct nst_who *filter_who(const struct filter *f, size_t i);
/* --drop was given without a reason. */
bool filter_any_drop(const struct filter *f);
/* It needs packet bytes (-f was given). */
bool filter_needs_packets(const struct filter *f);
/* --follow was given with something that chooses packets: a time alone chooses all there are. */
bool filter_follows(const struct filter *f);

#endif
