/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds which of many spans of time meet another one, without a look at all of them. */
#ifndef NST_ANALYZE_SPANS_H
#define NST_ANALYZE_SPANS_H

#include <stddef.h>
#include <stdint.h>

struct span {
    uint64_t first_ns, last_ns; /* of the spans of a list, ascending by the first */
    uint64_t latest_ns;         /* for spans.c: the latest end of some of them */
};

/* Call it before spans_next(). */
void spans_arrange(struct span *list, size_t count);
/* The first of them, from that place on, that meets the time between the two moments. count: no
 * more. */
size_t spans_next(const struct span *list, size_t count, size_t from, uint64_t first_ns,
                  uint64_t last_ns);

#endif
