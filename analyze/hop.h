/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet's way through the namespaces, from its events in their order. Pure.
 *
 * A stay lasts while events name the same namespace; the first event that names another one ends
 * it. Events that name none neither end nor prolong it. If clones of a packet are in two namespaces
 * at once, each change from one to the other begins a new stay.
 *
 * A stay's packet came from the namespace of the stay before, unless a bridge flooded it: then the
 * bridge's devices sent it several times, several namespaces received it one after the other, and
 * none of them had it from the one before. So a namespace that comes after one that sent nothing
 * has the packet from the latest sender, as long as that sent more often than others received. (A
 * packet that BPF redirects to a peer's device is not sent in between either, but then nothing
 * else is under way.)
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
    int64_t
        prev_netns; /* where the packet came from; 0: it is the first stay, or from nowhere else */
    int64_t latency_ns; /* since it left there */
    bool sent;          /* a device sent it on from here */
};

/* Zero-initialise it. */
struct hop_trail {
    uint32_t stays;       /* the open one too */
    int64_t first_netns;  /* where the first was, and */
    struct hop_stay open; /* the last: once there are stays */
    int64_t sender;       /* where a device sent it last; 0: nowhere, as far as known */
    uint64_t sent_clock_ns;
    uint32_t unarrived; /* how often it sent it, less the namespaces that have it from there */
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
