/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which events are of one packet's journey.
 *
 * Tracepoints do not see every freeing (TCP's receive path calls __kfree_skb()), nor data that
 * moves to a new buffer (pskb_expand_head()). Kprobes do: see exact.bpf.h. Where there are none,
 * heuristic.bpf.h judges by what the packet does instead; such a verdict is marked EV_FLAG_GUESS
 * and counted.
 */
#ifndef NST_BPF_TRACK_H
#define NST_BPF_TRACK_H

#include "bpf/heuristic.bpf.h"

/* A journey's entry as of its first event in this buffer. */
static __always_inline void track_begin(const struct here *here, const struct packet *p,
                                        struct ev_track *moved, struct ev_track *t)
{
    if (moved) {
        track_write(t, moved, address(p->skb));
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
    passed_set(here, p, seen, t);
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
    if (moved || verdict == ENDED_GUESS || (verdict == ENDED && began_elsewhere(here, p, typed)) ||
        (t && verdict == CONTINUES && forwarded_late(here, t)))
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
