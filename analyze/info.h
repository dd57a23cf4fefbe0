/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What captures hold: gathered (info.c), and said in two ways (info_text.c, info_json.c). */
#ifndef NST_ANALYZE_INFO_H
#define NST_ANALYZE_INFO_H

#include <stdio.h>

#include "analyze/anchors.h"
#include "analyze/input.h"
#include "analyze/losses.h"
#include "analyze/tally.h"

/* A counter of the recorder, all CPUs and probes together. */
struct info_counter {
    const char *name;
    bool known;
    uint64_t value;
};

struct info_file {
    const struct input_file *file;
    const struct input_totals *totals;
    unsigned host; /* in info.hosts */
    /* Of the events that match the filter: */
    struct tally_entry events; /* its key is not used */
    uint64_t first_ts_ns, last_ts_ns;
    uint64_t late; /* stand out of order in the file */
    struct info_counter *counters;
    size_t counters_count;
    struct losses losses;          /* in this file's time */
    struct losses losses_sum;      /* those over all of it, by counter, probe and CPU */
    const struct anchors *anchors; /* which date them */
};

struct info {
    const struct input *in;
    bool filtered; /* events were left out */
    struct info_file *files;
    unsigned files_count;
    unsigned hosts_count;
    const struct nst_file_info **hosts; /* the first file of each boot of a host */
    struct tally netns, devices, probes, drop_reasons;
};

/* Reads the input to its end; info is zeros, but for filtered. False: no memory. In either case it
 * is freed before the input is closed, whose files and tables it points to. */
bool info_gather(struct info *info, struct input *in);
void info_free(struct info *info);

/* Calls say() with what people call a namespace of the tally, as inventory_label() says of each
 * file's end, and each other name that it had, the first ever seen first. */
void info_netns_names(const struct info *info, const struct tally_key *key,
                      void (*say)(void *context, const char *name), void *context);

/* Of what there is in the matching events of a file, how much there is in each of them, and in a
 * second of the time from the first to the last. NAN: there are none, or not two at different
 * times. */
double info_average(const struct info_file *file, uint64_t amount);
double info_rate(const struct info_file *file, uint64_t amount);

void info_print_text(FILE *out, const struct info *info);
void info_print_json(FILE *out, const struct info *info);

#endif
