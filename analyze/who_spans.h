/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which namespaces a WHO of --netns means in one file, and from when until when. */
#ifndef NST_ANALYZE_WHO_SPANS_H
#define NST_ANALYZE_WHO_SPANS_H

#include "analyze/inventory.h"
#include "format/who.h"

/* A namespace that was meant from one moment to the other (CLOCK_MONOTONIC). */
struct who_span {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
};

struct who_spans {
    struct who_span *list;
    size_t count, room;
    bool ambiguous; /* container:X, where X begins the ids of several containers */
};

/* Fills the list anew from what the inventory says; of an inum or a cookie it says nothing. False:
 * no memory. */
bool who_spans_fill(struct who_spans *spans, const struct nst_who *who,
                    const struct inventory *inv);
/* Adds the namespace for all times. False: no memory. */
bool who_spans_add(struct who_spans *spans, const struct nst_netns *netns);
void who_spans_free(struct who_spans *spans);

enum who_when { WHO_NEVER, WHO_ALWAYS, WHO_SOMETIMES };

/* Whether the namespace was meant between the two moments. */
enum who_when who_spans_when(const struct who_spans *spans, const struct nst_netns *netns,
                             uint64_t from_ns, uint64_t to_ns);

#endif
