/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet's way through the namespaces, from its events in their order. Pure.
 *
 * A stay lasts while events name one namespace; the first that names another ends it. Events
 * that name none neither end nor prolong it. Clones that are in two namespaces at once so make
 * a new stay at each change.
 */
#ifndef NST_ANALYZE_HOP_H
#define NST_ANALYZE_HOP_H

#include <stdbool.h>
#include <stdint.h>

struct hop_stay {
    int64_t netns;                            /* row id */
    uint64_t entered_ts_ns;                   /* since 1970: its first event */
    uint64_t entered_clock_ns, left_clock_ns; /* of its first and last event */
    uint32_t events;
    int64_t first_event;
    int64_t prev_netns; /* 0: it is the first */
    int64_t latency_ns; /* since the previous was left */
};

/* Zero-initialise it. */
struct hop_trail {
    uint32_t stays;       /* the open one too */
    struct hop_stay open; /* once there are stays */
};

struct hop_event {
    int64_t id;
    int64_t netns; /* 0: none */
    uint64_t ts_ns;
    uint64_t clock_ns; /* what spans are measured by: no step of the wall clock in it */
};

/* True: the packet came to another namespace, and *finished is its previous stay. */
bool hop_add(struct hop_trail *trail, const struct hop_event *event, struct hop_stay *finished);

#endif
