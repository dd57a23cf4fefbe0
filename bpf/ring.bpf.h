/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings, one a CPU, and what is counted.
 *
 * They are plain arrays: the kernel's ring buffer takes a lock for each record and gives it back
 * with another locked instruction, which costs more than all the rest of writing an event. Waking
 * the reader costs more still, so it is woken once for every config.wake_bytes written; between
 * those it looks by itself now and then.
 */
#ifndef NST_BPF_RING_H
#define NST_BPF_RING_H

#include "bpf/kernel.h"
#include "bpf/event.h"

/* A section of its own, so that the recorder finds it at offset 0. */
SEC(".rodata.config") const volatile struct ev_config config = {};

/* A ring for every CPU that is online when the recorder starts; those that come later share
 * them. The recorder sizes this and the next. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct ev_ring);
    __uint(max_entries, 1);
} rings SEC(".maps");

/* By ring * config.chunks + chunk. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(struct ev_record));
    __uint(max_entries, 1);
} chunks SEC(".maps");

/* The kernel's own ring: too dear for records, but it wakes the reader. */
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} doorbell SEC(".maps");

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
    enum ev_probe probe; /* whose program this is; constant */
    enum ev_probe like;  /* what tracking takes it for: an OTHER on the way to a device, or from
                            one, is like XMIT or RECEIVE */
    __u32 number;        /* of the probe in records and counters: each OTHER has its own */
};

static __always_inline bool here_init(struct here *here, enum ev_probe probe, __u32 number)
{
    /* What has its address taken lies in memory with all that is around it, where neither clang nor
     * the verifier knows constants as such: hence no address of *here. */
    __u32 cpu = bpf_get_smp_processor_id();

    here->ts_ns = 0;
    here->cpu = cpu;
    here->probe = probe;
    here->like = probe;
    here->number = number;
    here->state = bpf_map_lookup_elem(&cpus, &cpu);
    return here->state != NULL;
}

/* The clock has its price: who needs the time takes it first. */
static __always_inline void here_time(struct here *here)
{
    if (!here->ts_ns)
        here->ts_ns = bpf_ktime_get_ns();
}

/*
 * The same number, of which the verifier knows nothing any more. Where branches have given a number
 * different values, it otherwise checks all that follows once for each of them. XOR with a 0 that
 * is read from memory hides the value; it is read anew for each number, or the verifier would know
 * that several were changed by the same.
 */
static __always_inline __u64 opaque(const struct here *here, __u64 number)
{
    return number ^ *(const volatile __u32 *)&here->state->nothing;
}

/* Atomic: programs interrupt each other on their CPU. */
static __noinline int count_at(__u32 key, __u32 what)
{
    struct ev_counters *counted = bpf_map_lookup_elem(&counters, &key);

    if (counted && what < EV_COUNTERS)
        __sync_fetch_and_add(&counted->count[what], 1);
    return 0;
}

static __always_inline void count(const struct here *here, enum ev_counter what)
{
    count_at(here->cpu * config.probes + here->number, what);
}

/* A record being written. */
struct room {
    struct ev_head *head;
    __u64 position;
    __u32 bytes;
};

/* How often another program may move the head first until the record counts as lost. */
#define RING_TRIES 8

static __always_inline bool ring_fits(const struct ev_ring *ring, __u64 head, __u64 bytes)
{
    /* Signed: others may have moved the head since it was read, and the reader the tail beyond it.
     * The compare-and-exchange fails then. */
    return (__s64)(head + bytes - *(const volatile __u64 *)&ring->tail) <=
           (__s64)config.ring_bytes;
}

/* Reserves bytes of the ring against whoever interrupts this program, or shares the ring from
 * another CPU. False: there are none. */
static __always_inline bool ring_advance(struct ev_ring *ring, __u64 bytes, __u64 *position)
{
#pragma clang loop unroll(disable)
    for (int i = 0; i < RING_TRIES; i++) {
        __u64 head = *(volatile __u64 *)&ring->head;

        if (unlikely(!ring_fits(ring, head, bytes)))
            return false;
        if (likely(__sync_val_compare_and_swap(&ring->head, head, head + bytes) == head)) {
            *position = head;
            return true;
        }
    }
    return false;
}

/* The same before 5.12 (5ffa25502b5a), which gave programs compare-and-exchange. Nothing preempts
 * them there, and what interrupts this one ends before it goes on; only that which does so on
 * these few lines has no room. Such kernels have a ring for each possible CPU. */
static __always_inline bool ring_advance_alone(struct ev_cpu *state, struct ev_ring *ring,
                                               __u64 bytes, __u64 *position)
{
    bool fits;

    if (state->reserving)
        return false;
    state->reserving = 1;
    barrier();
    *position = *(volatile __u64 *)&ring->head;
    fits = ring_fits(ring, *position, bytes);
    if (fits)
        *(volatile __u64 *)&ring->head = *position + bytes;
    barrier();
    state->reserving = 0;
    return fits;
}

/* Where a position is in memory; never NULL, but the verifier cannot know. */
static __always_inline void *ring_at(__u32 ring, __u64 position)
{
    __u32 key = ring * config.chunks + ((position >> config.chunk_shift) & (config.chunks - 1));
    void *chunk = bpf_map_lookup_elem(&chunks, &key);
    __u64 offset = position & (config.chunk_bytes - 1);

    barrier_var(offset);
    return chunk ? chunk + offset : NULL;
}

static __always_inline void ring_begin(const struct here *here, enum ev_type type,
                                       const struct room *room)
{
    room->head->bytes = room->bytes;
    room->head->type = type;
    room->head->cpu = here->cpu;
}

/* Room for a record of so many bytes, which is to be submitted whatever comes. False, and
 * counted as lost: there is none. */
static __always_inline bool ring_reserve(const struct here *here, enum ev_type type, __u32 bytes,
                                         struct room *room)
{
    __u32 key = here->state->ring;
    struct ev_ring *ring = bpf_map_lookup_elem(&rings, &key);

    room->bytes = (bytes + 7) & ~7u;
    room->head = NULL;
    if (ring && (config.has_cmpxchg
                     ? ring_advance(ring, room->bytes, &room->position)
                     : ring_advance_alone(here->state, ring, room->bytes, &room->position)))
        room->head = ring_at(key, room->position);
    if (unlikely(!room->head)) {
        count(here, EV_LOST_RING);
        return false;
    }
    ring_begin(here, type, room);
    return true;
}

/* What ring_take() gives where there is no room: positions are multiples of 8. */
#define RING_FULL (~0ULL)

/* Reserves bytes; their position. A global function, into which the verifier looks once, and not again
 * on each way that leads to it. Named in object_adapt.c: its compare-and-exchange is in no program.
 */
__noinline __u64 ring_take(__u32 cpu, __u32 bytes)
{
    struct ev_cpu *state = bpf_map_lookup_elem(&cpus, &cpu);
    __u32 key = state ? state->ring : 0;
    struct ev_ring *ring = bpf_map_lookup_elem(&rings, &key);
    __u64 position;

    if (!state || !ring)
        return RING_FULL;
    if (config.has_cmpxchg ? ring_advance(ring, bytes, &position)
                           : ring_advance_alone(state, ring, bytes, &position))
        return position;
    return RING_FULL;
}

/* As ring_reserve(), by that function: for programs which are loaded often. */
static __always_inline bool ring_reserve_once(const struct here *here, enum ev_type type,
                                              __u32 bytes, struct room *room)
{
    room->bytes = (bytes + 7) & ~7u;
    room->position = ring_take(here->cpu, room->bytes);
    room->head = NULL;
    if (room->position != RING_FULL)
        room->head = ring_at(here->state->ring, room->position);
    if (!room->head) {
        count(here, EV_LOST_RING);
        return false;
    }
    ring_begin(here, type, room);
    return true;
}

static __always_inline void ring_submit(const struct room *room)
{
    __u64 stamp = ev_stamp(room->position, config.ring_key), word = 0;

    if (config.stores_in_order) {
        barrier();
        *(volatile __u64 *)&room->head->stamp = stamp;
    } else {
        __sync_lock_test_and_set(&room->head->stamp, stamp);
    }
    if (unlikely((room->position ^ (room->position + room->bytes)) &
                 ~((__u64)config.wake_bytes - 1)))
        bpf_ringbuf_output(&doorbell, &word, sizeof(word), BPF_RB_FORCE_WAKEUP);
}

#endif
