/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of buffers that hold packets which are followed, and each one's journey.
 *
 * skb->head names a packet's data; clones share it. An entry holds the journey from its first event
 * until the buffer is freed. It is then marked dead and stays, to be used again with its buffer:
 * buffers are few and packets many. The table is a plain array, because a hash map costs three
 * times as much to look into (struct ev_track_set).
 */
#ifndef NST_BPF_TRACKS_H
#define NST_BPF_TRACKS_H

#include "bpf/packet.bpf.h"

/* By set; the recorder sizes it, as those below. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct ev_track_set);
    __uint(max_entries, 1);
} track_sets SEC(".maps");

/* By set * EV_TRACK_WAYS + way: what follows calls that a slot. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct ev_track);
    __uint(max_entries, EV_TRACK_WAYS);
} tracks SEC(".maps");

/* Slots being taken, where there is no cmpxchg. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 1024);
} track_claims SEC(".maps");

/* The slot of that set of a buffer's which holds the address, or EV_TRACK_FREE; <0: none. */
static __always_inline int track_set_find(__u64 head, __u32 choice, __u64 sought)
{
    __u32 set = ev_track_set_of(head, choice, config.track_sets);
    const struct ev_track_set *heads = bpf_map_lookup_elem(&track_sets, &set);

    if (!heads)
        return -1;
#pragma unroll
    for (int way = 0; way < EV_TRACK_WAYS; way++)
        if (heads->head[way] == sought)
            return set * EV_TRACK_WAYS + way;
    return -1;
}

/* These are global functions, into which the verifier looks once, and not again for every way
 * through each program that calls them. */
__noinline int track_slot(__u64 head)
{
    int slot = track_set_find(head, 0, head);

    return slot < 0 ? track_set_find(head, 1, head) : slot;
}

__noinline int track_free_slot(__u64 head)
{
    int slot = track_set_find(head, 0, EV_TRACK_FREE);

    return slot < 0 ? track_set_find(head, 1, EV_TRACK_FREE) : slot;
}

static __always_inline struct ev_track *track_at(int slot)
{
    __u32 key = slot;

    return slot < 0 ? NULL : bpf_map_lookup_elem(&tracks, &key);
}

/* The entry of a buffer, or NULL. */
static __always_inline struct ev_track *track_find(__u64 head)
{
    return head <= EV_TRACK_GONE ? NULL : track_at(track_slot(head));
}

/* Puts the address into a free slot. False: another CPU was faster. */
static __always_inline bool track_claim(int slot, __u64 head)
{
    __u32 key = slot, set = key / EV_TRACK_WAYS;
    struct ev_track_set *heads = bpf_map_lookup_elem(&track_sets, &set);
    bool claimed;

    if (!heads)
        return false;
    if (config.has_cmpxchg)
        return __sync_val_compare_and_swap(&heads->head[key % EV_TRACK_WAYS], EV_TRACK_FREE,
                                           head) == EV_TRACK_FREE;
    if (bpf_map_update_elem(&track_claims, &key, &set, BPF_NOEXIST))
        return false;
    claimed = heads->head[key % EV_TRACK_WAYS] == EV_TRACK_FREE;
    if (claimed)
        heads->head[key % EV_TRACK_WAYS] = head;
    bpf_map_delete_elem(&track_claims, &key);
    return claimed;
}

/* How often another CPU may take a slot first. */
#define TRACK_TRIES 3

/* A slot for a buffer, the one that it has if another CPU gave it one meanwhile; <0: there is no
 * room. Named in capture/object_adapt.c: its compare-and-exchange is in no program. */
__noinline int track_take(__u64 head)
{
    if (head <= EV_TRACK_GONE)
        return -1;
#pragma clang loop unroll(disable)
    for (int i = 0; i < TRACK_TRIES; i++) {
        int slot = track_slot(head);

        if (slot >= 0)
            return slot;
        slot = track_free_slot(head);

        if (slot < 0 || track_claim(slot, head))
            return slot;
    }
    return -1;
}

/* The journey, as one that is now in this skb. */
static __always_inline void track_write(struct ev_track *t, const struct ev_track *from, __u64 skb)
{
    t->last_probe = from->last_probe;
    t->last_inum = from->last_inum;
    t->journey_id = from->journey_id;
    t->journey_head = from->journey_head;
    t->last_ts_ns = from->last_ts_ns;
    t->sk = from->sk;
    t->first_tx_dev = from->first_tx_dev;
    t->last_dev = from->last_dev;
    t->last_skb = skb;
    barrier();
    t->state = from->state;
}

/* Between track_take() and track_write() another CPU may find the entry: its state is still that of
 * a dead one. False, and counted: there is no room. */
static __always_inline bool track_put(const struct here *here, __u64 head,
                                      const struct ev_track *track, __u64 skb)
{
    struct ev_track *t = track_at(track_take(head));

    if (!t) {
        count(here, EV_TRACKING_FULL);
        return false;
    }
    track_write(t, track, skb);
    here->state->tracked++;
    return true;
}

/* Whether freeing this skb frees its buffer: no clone has it. A sender's original counts
 * twice, in the upper half too. */
static __always_inline bool frees_head(struct sk_buff *skb, __u64 head, bool typed)
{
    struct skb_shared_info *shared;
    __u32 dataref = 0;

    if (!READ_BITS(typed, skb, cloned))
        return true;
    shared = (void *)(head + READ(typed, skb, end));
    bpf_core_read(&dataref, sizeof(dataref), &shared->dataref.counter);
    return dataref == (READ_BITS(typed, skb, nohdr) ? (1u << 16) + 1 : 1u);
}

#endif
