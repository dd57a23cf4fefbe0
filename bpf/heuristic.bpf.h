/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a buffer holds another packet by now, and whether a packet has moved to another buffer:
 * where no kprobes tell, what the packets do does.
 *
 * What makes it another packet, by where the buffer is seen now; the last place is the last device
 * that its journey passed:
 *
 *  sent by a device    with a socket: another one than the sender's; or the device that sent it
 *                      first; or the socket's own namespace, after it was received anywhere.
 *                      Without: no device has received this skb, or one in another namespace, where
 *                      the journey was received last; or the same device that sent it last.
 *  received by one     the device that received it last, or that sent it last and is no loopback;
 *                      or hardware, if no device has received this skb but the journey was received.
 *  freed               another namespace than the one where it was received last, unless the skb is
 *                      a clone without another socket.
 *  sent or received    another skb than at the last place, which is no clone.
 *  anywhere            a minute later.
 */
#ifndef NST_BPF_HEURISTIC_H
#define NST_BPF_HEURISTIC_H

#include "bpf/tracks.bpf.h"

/* A packet unseen for so long is another one. */
#define TRACK_UNSEEN_NS (60 * 1000000000ULL)
/* Data moves between two probes of one path through the stack. */
#define TRACK_MOVED_NS (10 * 1000000ULL)

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

/* NULL: that is not for this skb, or tracking needs none of it. */
static __always_inline struct passed *passed_find(const struct here *here,
                                                  const struct sk_buff *skb)
{
    __u32 key = here->cpu * EV_PASSED_SETS + ev_set(address(skb), EV_PASSED_SETS);

    return config.exact ? NULL : bpf_map_lookup_elem(&passed, &key);
}

static __always_inline void passed_set(const struct here *here, const struct packet *p,
                                       const struct sighting *seen, const struct ev_track *t)
{
    struct passed *last = passed_find(here, p->skb);

    if (!last)
        return;
    last->skb = address(p->skb);
    last->head = p->head;
    last->sk = p->sk;
    last->dev = seen->dev;
    last->ts_ns = here->ts_ns;
    last->journey_id = t->journey_id;
}

static __always_inline void passed_forget(const struct here *here, const struct sk_buff *skb)
{
    struct passed *last = passed_find(here, skb);

    if (last && last->skb == address(skb))
        last->skb = 0;
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

/* Is a packet forwarded here that was not seen to come in? It did so in a buffer that is known no
 * more: its data was copied, or moved between CPUs. A device that receives it sets skb_iif. */
static __always_inline bool began_elsewhere(const struct here *here, const struct packet *p,
                                            bool typed)
{
    return !config.exact && here->like == EV_PROBE_XMIT && !p->sk && READ(typed, p->skb, skb_iif);
}

/* Has it been on its way through a router for long? One that waited for a neighbour may have gone on
 * at another CPU, with its data in a new buffer, and this be the next one in the old. */
static __always_inline bool forwarded_late(const struct here *here, const struct ev_track *t)
{
    return !config.exact && here->like == EV_PROBE_XMIT && t->last_probe == EV_PROBE_RECEIVE &&
           (__s64)(here->ts_ns - t->last_ts_ns) > (__s64)TRACK_MOVED_NS;
}

#endif
