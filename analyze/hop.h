/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet's way through the namespaces, from its events in their order. Pure.
 *
 * A stay lasts while events name one namespace; the first that names another ends it. Events
 * that name none neither end nor prolong it. Clones that are in two namespaces at once so make
 * a new stay at each change.
 *
 * A packet comes from the stay before, but for one that a bridge flooded: its devices send it
 * several times, several namespaces receive it one after the other, and none of them has it from
 * the one before. So who comes after a namespace that sent nothing has it from the sender, as
 * long as that sent more often than others received. (A packet that BPF redirected to a peer's
 * device was sent by none in between either, but then nothing else is under way.)
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
    int64_t prev_netns; /* that it came from; 0: it is the first, or came from nowhere else */
    int64_t latency_ns; /* since that was left */
    bool sent;          /* a device sent it on from here */
};

/* Zero-initialise it. */
struct hop_trail {
    uint32_t stays;       /* the open one too */
    int64_t first_netns;  /* where the first was, and */
    struct hop_stay open; /* the last: once there are stays */
    int64_t sender;       /* where a device sent it last; 0: nowhere, as far as known */
    uint64_t sent_clock_ns;
    uint32_t unarrived; /* that it sent, less the namespaces that have it from there */
};

struct hop_event {
    int64_t id;
    int64_t netns; /* 0: none */
    uint64_t ts_ns;
    uint64_t clock_ns; /* what spans are measured by: no step of the wall clock in it */
    bool sent;         /* by a device */
};

/* Whether events of this probe are of packets that a device sends. */
bool hop_is_sent(const char *probe_symbol);

/* True: the packet came to another namespace, and *finished is its previous stay. */
bool hop_add(struct hop_trail *trail, const struct hop_event *event, struct hop_stay *finished);

#endif
