/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Made-up traffic to measure with, the same in every run: what the recorder's rings would
 * hold, and the same events as the file format's writer takes them.
 */
#ifndef NST_TESTS_MIX_H
#define NST_TESTS_MIX_H

#include "bpf/event.h"
#include "format/nstrail.h"

enum {
    MIX_SNAPLEN = 128,
    MIX_NETNS = 20,
    MIX_DEVICES = 60,
    MIX_TASKS = 64,
    MIX_PROBES = 3,
    MIX_REASONS = 8,
};

struct mix {
    struct nst_netns netns[MIX_NETNS];
    struct nst_device devices[MIX_DEVICES];
    struct nst_task tasks[MIX_TASKS];
    struct nst_probe probes[MIX_PROBES];
    struct nst_drop_reason reasons[MIX_REASONS];
    char names[MIX_DEVICES + MIX_TASKS][16];

    struct nst_event *events; /* in time order; indices are of the arrays above */
    uint8_t (*packets)[MIX_SNAPLEN];
    size_t count;
    size_t journeys;
};

enum mix_flood { MIX_CONSTANT_PAYLOAD, MIX_RANDOM_PAYLOAD };

/* 20 namespaces, 60 devices, 4 CPUs, 4,000 flows of Zipf's distribution, about 5 events a packet,
 * 60 % of the flows with random payload. NULL: no memory. */
struct mix *mix_new(size_t events);
/* One flow of 64-byte UDP packets from one namespace to another, two events a packet. */
struct mix *mix_flood_new(size_t events, enum mix_flood payload);
void mix_free(struct mix *m);

/* Where the entries of the mix stand in a writer's dictionaries. */
struct mix_indices {
    uint32_t netns[MIX_NETNS], devices[MIX_DEVICES], tasks[MIX_TASKS], probes[MIX_PROBES],
        reasons[MIX_REASONS];
};

void mix_define(const struct mix *m, struct nst_writer *w, struct mix_indices *indices);
/* The event as that writer takes it. */
struct nst_event mix_event(const struct mix *m, size_t event, const struct mix_indices *indices);

/* The event as it leaves the ring: the record and its packet bytes, padded to 8. Answers its
 * length; out has room for sizeof(struct ev_record) + MIX_SNAPLEN. */
size_t mix_raw(const struct mix *m, size_t event, bool packets, uint8_t *out);

#endif
