/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Made-up captures, the same in every run, and whether a file gives them back. */
#ifndef NST_TESTS_FORMAT_SAMPLE_H
#define NST_TESTS_FORMAT_SAMPLE_H

#include "format/nstrail.h"

struct random {
    uint64_t state;
};

uint64_t random_next(struct random *r);
/* 0 .. limit - 1 */
uint32_t random_below(struct random *r, uint32_t limit);

/* What the indices of a sample's events stand for. */
struct sample_dicts {
    struct nst_netns *netns;
    struct nst_device *devices;
    struct nst_task *tasks;
    struct nst_probe *probes;
    struct nst_drop_reason *reasons;
    struct nst_frame *frames;
    uint32_t netns_count, devices_count, tasks_count, probes_count, reasons_count, frames_count;
};

struct sample {
    struct sample_dicts dicts;
    struct nst_event *events;
    uint32_t count;
};

/* Packets on their way through devices and namespaces, with every field used: clones, moves
 * between CPUs, packets changed on the way, VLAN tags, untracked ones, L2 and L3. Journey ids
 * are counted, or with an even seed made from the time. */
void sample_journeys(struct sample *s, uint64_t seed, uint32_t count, uint32_t snaplen);
/* One packet at one place, again and again. */
void sample_same(struct sample *s, uint32_t count, uint32_t caplen);
/* No two events have anything in common, all numbers take any value that fits. */
void sample_chaos(struct sample *s, uint64_t seed, uint32_t count, uint32_t entries,
                  uint32_t snaplen);
/* Gives most of the events a state of their skb: not the first ones, and at times the state of
 * the event before, but for a number. */
void sample_states(struct sample *s, uint64_t seed);
void sample_free(struct sample *s);

/* Writes all events, their indices being of s->dicts. false: an event was refused. */
bool sample_write(const struct sample *s, struct nst_writer *w);

/* Whether an event of a block is the sample's event i; packets: with its bytes. */
bool sample_same_event(const struct sample *s, uint32_t i, const struct nst_block *block,
                       const struct nst_event *event, bool packets);

/* How many events a file gives back, all as in the sample and in its order; -1: one differs,
 * or reading failed. */
long sample_compare(const struct sample *s, struct nst_reader *r, unsigned load);

#endif
