/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings, one a CPU, and what is counted.
 *
 * Waking the reader costs more than everything else an event does, so it is woken once for
 * every config.wake_bytes written; between those it looks by itself now and then.
 */
#ifndef NST_BPF_RING_H
#define NST_BPF_RING_H

#include "bpf/kernel.h"
#include "bpf/event.h"

/* A section of its own, so that the recorder finds it at offset 0. */
SEC(".rodata.config") const volatile struct ev_config config = {};

/* Sized by the recorder: a ring for every CPU that is online when it starts; those that come
 * later share them. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 1);
} rings SEC(".maps");

/* By CPU * config.probes + probe; the recorder sizes it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct ev_counters);
    __uint(max_entries, EV_PROBE_OTHER);
} counters SEC(".maps");

/* By CPU. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct ev_cpu);
    __uint(max_entries, 1);
} cpus SEC(".maps");

/* Where and when a program runs: gathered once, handed to whoever needs it. */
struct here {
    struct ev_cpu *state;
    __u64 ts_ns; /* 0: not taken yet */
    __u32 cpu;
    enum ev_probe probe; /* constant */
    enum ev_probe like;  /* RECEIVE or XMIT: on the way there, as far as tracking is concerned */
    __u32 number;        /* the probe's, in records and counters */
};

static __always_inline bool here_init(struct here *here, enum ev_probe probe, __u32 number)
{
    here->ts_ns = 0;
    here->cpu = bpf_get_smp_processor_id();
    here->probe = probe;
    here->like = probe;
    here->number = number;
    here->state = bpf_map_lookup_elem(&cpus, &here->cpu);
    return here->state != NULL;
}

/* The clock has its price: who needs the time takes it first. */
static __always_inline void here_time(struct here *here)
{
    if (!here->ts_ns)
        here->ts_ns = bpf_ktime_get_ns();
}

/* Atomic: programs interrupt each other on their CPU. */
static __always_inline void count(const struct here *here, enum ev_counter what)
{
    __u32 key = here->cpu * config.probes + here->number;
    struct ev_counters *counted = bpf_map_lookup_elem(&counters, &key);

    if (counted)
        __sync_fetch_and_add(&counted->count[what], 1);
}

static __always_inline struct ev_head ring_head(const struct here *here, enum ev_type type)
{
    return (struct ev_head){.type = type, .cpu = here->cpu};
}

/* Whether writing so many bytes wakes the reader. Programs that interrupt each other here may
 * forget some bytes: a wake-up comes a little later then. */
static __always_inline __u64 ring_wake(const struct here *here, __u32 bytes)
{
    __u64 before = here->state->ring_bytes;
    __u64 after = before + bytes;

    here->state->ring_bytes = after;
    return (before ^ after) & ~((__u64)config.wake_bytes - 1) ? BPF_RB_FORCE_WAKEUP
                                                              : BPF_RB_NO_WAKEUP;
}

/*
 * Room for a record of a constant size. False, and counted as lost: there is none.
 *
 * The answer is a number of its own, which the compiler cannot trace back to the pointer: a
 * second look at whether that is NULL is refused by the verifiers of 5.10 and 6.1 (that of 6.12
 * knows better), which go on with a NULL that still owns its record.
 */
static __always_inline bool ring_reserve(const struct here *here, __u64 bytes, void **room)
{
    void *ring = bpf_map_lookup_elem(&rings, &here->cpu);
    bool reserved = false;

    *room = ring ? bpf_ringbuf_reserve(ring, bytes, 0) : NULL;
    if (*room)
        reserved = true;
    barrier_var(reserved);
    if (!reserved)
        count(here, EV_LOST_RING);
    return reserved;
}

static __always_inline void ring_output(const struct here *here, void *record, __u64 bytes)
{
    void *ring = bpf_map_lookup_elem(&rings, &here->cpu);

    if (!ring || bpf_ringbuf_output(ring, record, bytes, ring_wake(here, bytes)))
        count(here, EV_LOST_RING);
}

#endif
