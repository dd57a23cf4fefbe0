/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events are of one packet's journey.
 *
 * skb->head names a packet's data; clones share it. A table by it holds the journey, from
 * its first event until its buffer is freed. An entry is then marked dead and stays, to be used
 * again with its buffer: buffers are few and packets many. The table is a plain array, because a
 * hash map costs three times as much to look into (struct ev_track_set).
 *
 * Tracepoints do not see every freeing (TCP's receive path calls __kfree_skb()), nor data that
 * moves to a new buffer (pskb_expand_head()). Kprobes do: see exact.bpf.h. Where there are none,
 * track_ended() and track_moved() judge by what the packet does instead; such a verdict is marked
 * EV_FLAG_GUESS and counted.
 */
#ifndef NST_BPF_TRACK_H
#define NST_BPF_TRACK_H

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

/* The slot of the set that holds this address; <0: none. */
static __always_inline int track_set_find(__u64 head, __u32 choice)
{
    __u32 set = ev_track_set_of(head, choice, config.track_sets);
    const struct ev_track_set *heads = bpf_map_lookup_elem(&track_sets, &set);

    if (!heads)
        return -1;
#pragma unroll
    for (int way = 0; way < EV_TRACK_WAYS; way++)
        if (heads->head[way] == head)
            return set * EV_TRACK_WAYS + way;
    return -1;
}

/* These are global functions, into which the verifier looks once, and not again for every way
 * through each program that calls them. */
__noinline int track_slot(__u64 head)
{
    int slot = track_set_find(head, 0);

    return slot < 0 ? track_set_find(head, 1) : slot;
}

__noinline int track_free_slot(__u64 head)
{
    for (__u32 choice = 0; choice < 2; choice++) {
        __u32 set = ev_track_set_of(head, choice, config.track_sets);
        const struct ev_track_set *heads = bpf_map_lookup_elem(&track_sets, &set);

        if (!heads)
            return -1;
#pragma unroll
        for (int way = 0; way < EV_TRACK_WAYS; way++)
            if (heads->head[way] == EV_TRACK_FREE)
                return set * EV_TRACK_WAYS + way;
    }
    return -1;
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
 * room. Named in capture/adapt.c: its compare-and-exchange is in no program. */
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

/* A packet unseen for so long is another one. */
#define TRACK_UNSEEN_NS (60 * 1000000000ULL)
/* Data moves between two probes of one path through the stack. */
#define TRACK_MOVED_NS (10 * 1000000ULL)

/* The last place that a packet passed on a CPU, by its skb. */
struct passed {
    __u64 skb; /* 0: it is gone */
    __u64 head;
    __u64 sk;
    __u64 dev;
    __u64 ts_ns;
    __u64 journey_id;
};

/* By CPU * EV_PASSED_SETS + set; the recorder sizes it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct passed);
    __uint(max_entries, EV_PASSED_SETS);
} passed SEC(".maps");

struct sighting {
    __u64 dev;
    __u64 net;       /* of dev */
    __u32 inum;      /* of that */
    bool loopback;   /* what dev sends it receives itself */
    __u32 delivered; /* packets come to this place after a socket has taken them */
};

enum verdict { CONTINUES, ENDED, ENDED_GUESS };

/* A buffer in another skb than before holds the same packet only as a clone. */
static __always_inline bool in_other_skb(const struct ev_track *t, struct sk_buff *skb, bool typed)
{
    return t->last_skb != address(skb) && !READ_BITS(typed, skb, cloned);
}

/* Is this a new packet where a received one was last? skb_iif tells, where there is no socket (ARP,
 * IGMP, what is forwarded): a device that receives a packet sets it, and a tunnel or the end of a
 * namespace clears it again only after a device has sent the packet. */
static __always_inline bool never_received(const struct ev_track *t, struct sk_buff *skb,
                                           bool typed)
{
    return t->last_probe == EV_PROBE_RECEIVE && !READ(typed, skb, skb_iif);
}

/* Is this a packet that was forwarded, or freed, in another namespace than it was received in? It
 * takes a device to go there, which would have received it too. */
static __always_inline bool received_elsewhere(const struct ev_track *t,
                                               const struct sighting *seen)
{
    return t->last_probe == EV_PROBE_RECEIVE && t->last_inum != seen->inum;
}

/* A clone of it may well be freed where it was not received, but not one that another socket sent. */
static __always_inline bool freed_elsewhere(const struct ev_track *t, const struct packet *p,
                                            const struct sighting *seen, bool typed)
{
    struct sk_buff *skb = p->skb;

    return seen->inum && received_elsewhere(t, seen) &&
           (!READ_BITS(typed, skb, cloned) || (p->sk && p->sk != t->sk));
}

/* A sender's packet is told by its socket: forwarding keeps it or drops it, but never gives a
 * packet another. The same socket on the device where the journey began is a retransmission or
 * a buffer's next use; so it is in the socket's own namespace after the packet was received
 * somewhere: no packet comes home with its socket. */
static __always_inline bool sent_anew(const struct ev_track *t, const struct packet *p,
                                      const struct sighting *seen, bool typed)
{
    if (!p->sk)
        return never_received(t, p->skb, typed) || received_elsewhere(t, seen) ||
               (t->last_probe == EV_PROBE_XMIT && t->last_dev == seen->dev);
    /* Until it is sent for the first time it may have no socket yet. */
    if (!t->sk && t->last_probe == EV_PROBE_OTHER)
        return false;
    if (p->sk != t->sk || seen->dev == t->first_tx_dev)
        return true;
    return t->last_probe == EV_PROBE_RECEIVE &&
           address(READ(false, (struct sock *)p->sk, __sk_common.skc_net.net)) == seen->net;
}

/* Has the device a parent on some bus? It fills buffers of its own, then. */
static __always_inline bool is_hardware(__u64 dev)
{
    return dev && READ(false, (struct net_device *)dev, dev.parent);
}

/* A device receives a packet once, and only loopback one that it sent. Hardware receives none
 * that another device has received; what it hands on to devices above it has been received. */
static __always_inline bool received_anew(const struct ev_track *t, const struct packet *p,
                                          const struct sighting *seen, bool typed)
{
    if (t->last_dev == seen->dev)
        return t->last_probe == EV_PROBE_RECEIVE ||
               (t->last_probe == EV_PROBE_XMIT && !seen->loopback);
    return never_received(t, p->skb, typed) && is_hardware(seen->dev);
}

/* Whether the entry's journey was over before this event, where its end would have been seen: it
 * would, unless the kernel passed over a kprobe. */
static __always_inline enum verdict track_ended_exactly(const struct here *here,
                                                        const struct ev_track *t,
                                                        const struct packet *p,
                                                        const struct sighting *seen, bool typed)
{
    if (t->state == EV_TRACK_DEAD)
        return ENDED;
    if (here->like == EV_PROBE_XMIT && t->state == EV_TRACK_RESENT &&
        seen->dev == t->first_tx_dev && p->sk == t->sk)
        return ENDED;
    if ((here->like == EV_PROBE_XMIT || here->like == EV_PROBE_RECEIVE) &&
        in_other_skb(t, p->skb, typed))
        return ENDED_GUESS;
    return CONTINUES;
}

/* Whether the entry's journey was over before this event. */
static __always_inline enum verdict track_ended(const struct here *here, const struct ev_track *t,
                                                const struct packet *p, const struct sighting *seen,
                                                bool typed)
{
    bool anew = false;

    if (config.exact)
        return track_ended_exactly(here, t, p, seen, typed);
    if (t->state == EV_TRACK_DEAD)
        return ENDED;
    if (t->state == EV_TRACK_LEFT && !seen->delivered)
        return ENDED;
    if (here->like == EV_PROBE_XMIT)
        anew = sent_anew(t, p, seen, typed) || in_other_skb(t, p->skb, typed);
    else if (here->like == EV_PROBE_RECEIVE)
        anew = received_anew(t, p, seen, typed) || in_other_skb(t, p->skb, typed);
    else if (here->like == EV_PROBE_KFREE || here->like == EV_PROBE_CONSUME)
        anew = freed_elsewhere(t, p, seen, typed);
    if ((__s64)(here->ts_ns - t->last_ts_ns) > (__s64)TRACK_UNSEEN_NS)
        anew = true;
    return anew ? ENDED_GUESS : CONTINUES;
}

/* NULL: that is not for this skb, or tracking needs none of it. */
static __always_inline struct passed *passed_find(const struct here *here,
                                                  const struct sk_buff *skb)
{
    __u32 key = here->cpu * EV_PASSED_SETS + ev_set(address(skb), EV_PASSED_SETS);

    return config.exact ? NULL : bpf_map_lookup_elem(&passed, &key);
}

/* Did this skb go on to another device with its data in a new buffer? One that was just sent has
 * its socket still; one that was received has lost it. */
static __always_inline bool sent_on(const struct passed *last, const struct ev_track *old,
                                    const struct packet *p, const struct sighting *seen, bool typed)
{
    if (last->dev == seen->dev)
        return false;
    if (!p->sk)
        return !never_received(old, p->skb, typed) && !received_elsewhere(old, seen);
    return last->sk == p->sk && old->last_probe == EV_PROBE_XMIT;
}

/* Has this CPU just seen this skb, and in another buffer then? Its data moved meanwhile, as when
 * a forwarded packet gets a new header. Its old entry, or NULL. */
static __always_inline struct ev_track *track_moved(const struct here *here, const struct packet *p,
                                                    const struct sighting *seen, bool typed)
{
    const struct passed *last = passed_find(here, p->skb);
    struct ev_track *old;
    __u64 head;

    if (here->like == EV_PROBE_RECEIVE || !last || last->skb != address(p->skb))
        return NULL;
    head = last->head;
    if (head == p->head || here->ts_ns - last->ts_ns > TRACK_MOVED_NS)
        return NULL;
    old = track_find(head);
    /* Another packet may have the buffer by now, and this skb be another's: not every freeing of
     * those is seen. */
    if (!old || old->state != EV_TRACK_LIVE || old->journey_id != last->journey_id)
        return NULL;
    return here->like != EV_PROBE_XMIT || sent_on(last, old, p, seen, typed) ? old : NULL;
}

/* A journey's entry as of its first event in this buffer. */
static __always_inline void track_begin(const struct here *here, const struct packet *p,
                                        struct ev_track *moved, struct ev_track *t)
{
    if (moved) {
        t->journey_id = moved->journey_id;
        t->journey_head = moved->journey_head;
        t->sk = moved->sk;
        t->first_tx_dev = moved->first_tx_dev;
        t->last_dev = moved->last_dev;
        t->last_inum = moved->last_inum;
        t->last_probe = moved->last_probe;
        moved->state = EV_TRACK_LEFT;
    } else {
        t->journey_id = ev_journey_id(config.base_ts_ns, config.cpu_bits, here->ts_ns, here->cpu);
        t->journey_head = p->head;
        t->sk = here->probe == EV_PROBE_OTHER ? p->sk : 0;
        t->first_tx_dev = 0;
        t->last_dev = 0;
        t->last_inum = 0;
        t->last_probe = here->probe;
    }
    t->state = EV_TRACK_LIVE;
}

/* Where the packet has passed: a device. Other places are on its way from one to the next, and a
 * clone that is not dropped goes on from where it was. */
static __always_inline void track_see(const struct here *here, const struct packet *p,
                                      const struct sighting *seen, struct ev_track *t)
{
    struct passed *last;

    t->last_ts_ns = here->ts_ns;
    if (here->probe == EV_PROBE_OTHER)
        t->last_skb = address(p->skb);
    if (here->probe != EV_PROBE_XMIT && here->probe != EV_PROBE_RECEIVE)
        return;
    if (here->probe == EV_PROBE_XMIT && !t->first_tx_dev) {
        t->first_tx_dev = seen->dev;
        t->sk = p->sk;
    }
    t->last_dev = seen->dev;
    t->last_inum = seen->inum;
    t->last_skb = address(p->skb);
    t->last_probe = here->probe;
    last = passed_find(here, p->skb);
    if (!last)
        return;
    last->skb = address(p->skb);
    last->head = p->head;
    last->sk = p->sk;
    last->dev = seen->dev;
    last->ts_ns = here->ts_ns;
    last->journey_id = t->journey_id;
}

/* Whether this is a packet that is being recorded. Whatever else is in its buffer, or in its skb,
 * is none, and what they held before is gone. */
static __always_inline bool track_follows(struct here *here, const struct packet *p,
                                          const struct sighting *seen, bool typed)
{
    struct passed *last = passed_find(here, p->skb);
    bool passed_here = last && last->skb == address(p->skb);
    __u64 head = p->head;
    struct ev_track *t = track_find(head);

    if (t && t->state == EV_TRACK_DEAD)
        t = NULL;
    if (!t && !passed_here)
        return false;
    here_time(here);
    if (passed_here && track_moved(here, p, seen, typed))
        return true;
    if (t && track_ended(here, t, p, seen, typed) == CONTINUES)
        return true;
    if (t)
        t->state = EV_TRACK_DEAD;
    if (passed_here)
        last->skb = 0;
    return false;
}

static __always_inline void track_tell(const struct ev_track *t, struct ev_packet *out)
{
    out->journey_id = t->journey_id;
    out->journey_head = t->journey_head;
}

static __always_inline void track_tell_none(struct ev_packet *out)
{
    out->journey_id = 0;
    out->journey_head = 0;
}

/* The first packet in a buffer that tracking does not know yet. */
static __always_inline void track_add(const struct here *here, const struct packet *p,
                                      const struct sighting *seen, struct ev_track *moved,
                                      struct ev_packet *out)
{
    struct ev_track t = {};

    track_begin(here, p, moved, &t);
    track_see(here, p, seen, &t);
    if (track_put(here, p->head, &t, t.last_skb))
        track_tell(&t, out);
    else
        track_tell_none(out);
}

/* Is a packet forwarded here that was not seen to come in? It did so in a buffer that is known no
 * more: its data was copied, or moved between CPUs. A device that receives it sets skb_iif. */
static __always_inline bool began_elsewhere(const struct here *here, const struct packet *p,
                                            bool typed)
{
    return !config.exact && here->like == EV_PROBE_XMIT && !p->sk && READ(typed, p->skb, skb_iif);
}

/* Finds or begins the journey of the packet at this event. */
static __always_inline void track_packet(const struct here *here, const struct packet *p,
                                         const struct sighting *seen, struct ev_packet *out,
                                         bool typed)
{
    __u64 head = p->head;
    struct ev_track *t, *moved;
    enum verdict verdict = ENDED;

    if (!config.tracking) {
        track_tell_none(out);
        return;
    }
    /* Whatever was in the buffer that the packet moved to is over. */
    moved = track_moved(here, p, seen, typed);
    t = track_find(head);
    if (t && !moved)
        verdict = track_ended(here, t, p, seen, typed);
    if (moved || verdict == ENDED_GUESS ||
        (verdict == ENDED && began_elsewhere(here, p, typed)))
        out->flags |= EV_FLAG_GUESS;
    if (unlikely(!t)) {
        track_add(here, p, seen, moved, out);
        return;
    }
    if (verdict != CONTINUES)
        track_begin(here, p, moved, t);
    track_see(here, p, seen, t);
    track_tell(t, out);
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

static __always_inline void passed_forget(const struct here *here, const struct sk_buff *skb)
{
    struct passed *last = passed_find(here, skb);

    if (last && last->skb == address(skb))
        last->skb = 0;
}

/* The skb is about to be freed. */
static __always_inline void track_freed(const struct here *here, struct sk_buff *skb, bool typed)
{
    __u64 head = address(READ(typed, skb, head));
    struct ev_track *t;

    passed_forget(here, skb);
    t = track_find(head);
    if (t && frees_head(skb, head, typed))
        t->state = EV_TRACK_DEAD;
}

/* An established TCP socket has taken the skb, and frees it in ways that nobody sees. */
static __always_inline void track_delivered(const struct here *here, struct sk_buff *skb,
                                            bool typed)
{
    __u64 head = address(READ(typed, skb, head));
    struct ev_track *t;

    passed_forget(here, skb);
    t = track_find(head);
    if (t && t->state == EV_TRACK_LIVE)
        t->state = EV_TRACK_LEFT;
}

#endif
