/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tracking where kprobes exist: at the functions through which packet data is freed, or moves to
 * another buffer (all but pskb_carve(), which RDS has). The journeys of buffers are ended there,
 * and taken along.
 *
 * Functions and their parameters are as in 5.8 to 7.2; of skb_free_head(), kfree_skb_partial() and
 * napi_skb_free_stolen_head() the skb is the first parameter in all of them.
 *
 * For nstrail.bpf.c: it uses what stands in other.bpf.h.
 */
#ifndef NST_BPF_EXACT_H
#define NST_BPF_EXACT_H

/* A packet's data on its way to other buffers. */
struct moving {
    __u64 skb;
    __u64 head;
    __u64 alone; /* no clone shares the buffer */
    struct ev_track track;
};

/* From the entry of such a function to its return. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct entered_key);
    __type(value, struct moving);
    __uint(max_entries, 1);
} moving SEC(".maps");

static __always_inline __u64 head_of(struct sk_buff *skb)
{
    return address(READ(false, skb, head));
}

/* The journey that is in the skb's buffer, or NULL. */
static __always_inline struct ev_track *exact_find(struct sk_buff *skb, __u64 head)
{
    struct ev_track *t = may_be_tracked(head, address(skb)) ? track_find(head) : NULL;

    return t && t->state != EV_TRACK_DEAD ? t : NULL;
}

/* The buffer is freed, and its journey over. */
static __always_inline void exact_end(struct sk_buff *skb)
{
    struct ev_track *t = exact_find(skb, head_of(skb));

    if (t)
        t->state = EV_TRACK_DEAD;
}

/* From now on the journey is in this skb's buffer too. */
static __always_inline void exact_follow(const struct here *here, struct sk_buff *skb,
                                         const struct ev_track *from)
{
    __u64 head = head_of(skb);
    struct ev_track *t = track_find(head);

    if (config.filters) {
        mark_set(head);
        mark_set(address(skb));
    }
    if (t)
        track_write(t, from, address(skb));
    else
        track_put(here, head, from, address(skb));
}

/* These programs are no probes that could be recorded, and have no counters of their own: what they
 * count goes to those of skb:consume_skb. */
static __always_inline bool exact_here(struct here *here)
{
    return here_init(here, EV_PROBE_OTHER, EV_PROBE_CONSUME);
}

/* Remembers what is in the buffer for when the function returns. */
static __always_inline void exact_enter(struct pt_regs *ctx, struct sk_buff *skb)
{
    struct entered_key key = entered_key(ctx, 0, 0);
    __u64 head = head_of(skb);
    struct ev_track *t = exact_find(skb, head);
    struct moving m = {.skb = address(skb), .head = head};

    if (!t)
        return;
    m.alone = frees_head(skb, head, false);
    m.track = *t;
    bpf_map_update_elem(&moving, &key, &m, BPF_ANY);
}

/* False: there is nothing to take along. */
static __always_inline bool exact_return(struct pt_regs *ctx, struct moving *m)
{
    struct entered_key key = entered_key(ctx, 0, RETURN_ADDRESS_BYTES);
    struct moving *found = bpf_map_lookup_elem(&moving, &key);

    if (!found)
        return false;
    *m = *found;
    bpf_map_delete_elem(&moving, &key);
    return true;
}

/* skb_free_head(skb): no skb has the buffer any more. */
SEC("kprobe")
int exact_free(struct pt_regs *ctx)
{
    exact_end((void *)PT_REGS_PARM1(ctx));
    return 0;
}

/* skb_release_data(skb): one skb less has it. Where skb_free_head() is a part of other functions.
 * Of two clones that are freed in the same moment neither seems to be the last. */
SEC("kprobe")
int exact_release(struct pt_regs *ctx)
{
    struct sk_buff *skb = (void *)PT_REGS_PARM1(ctx);

    if (frees_head(skb, head_of(skb), false))
        exact_end(skb);
    return 0;
}

/* napi_skb_free_stolen_head(skb): the buffer has become a part of another packet's data. */
SEC("kprobe")
int exact_stolen(struct pt_regs *ctx)
{
    exact_end((void *)PT_REGS_PARM1(ctx));
    return 0;
}

/* kfree_skb_partial(skb, head_stolen): the same, if head_stolen. */
SEC("kprobe")
int exact_partial(struct pt_regs *ctx)
{
    if (PT_REGS_PARM2(ctx) & 1)
        exact_end((void *)PT_REGS_PARM1(ctx));
    return 0;
}

/* pskb_expand_head(skb, ...): the data moves to a new buffer; if there are clones, they keep the
 * old one. */
SEC("kprobe")
int exact_expand(struct pt_regs *ctx)
{
    exact_enter(ctx, (void *)PT_REGS_PARM1(ctx));
    return 0;
}

/* The buffer that the data left was freed, and is another's by now, perhaps. */
static __always_inline void exact_leave(const struct moving *m)
{
    struct ev_track *t = m->alone ? track_find(m->head) : NULL;

    if (t && t->journey_id == m->track.journey_id)
        t->state = EV_TRACK_DEAD;
}

SEC("kretprobe")
int exact_expanded(struct pt_regs *ctx)
{
    struct here here;
    struct moving m;

    if (!exact_return(ctx, &m) || head_of((void *)m.skb) == m.head || !exact_here(&here))
        return 0;
    exact_leave(&m);
    exact_follow(&here, (void *)m.skb, &m.track);
    return 0;
}

/* skb_copy_header(new, old): the last that skb_copy(), pskb_copy(), skb_copy_expand() and
 * skb_realloc_headroom() do. */
SEC("kprobe")
int exact_copy(struct pt_regs *ctx)
{
    struct sk_buff *old = (void *)PT_REGS_PARM2(ctx);
    struct ev_track *t = exact_find(old, head_of(old));
    struct ev_track from;
    struct here here;

    if (!t || !exact_here(&here))
        return 0;
    from = *t;
    exact_follow(&here, (void *)PT_REGS_PARM1(ctx), &from);
    return 0;
}

/* As many segments are followed; a packet of 64 KiB has 45 on Ethernet, a large one of IPv6 362. */
#define EXACT_SEGMENTS 384

/* skb_segment(skb, ...): a large packet becomes a list of small ones. */
SEC("kprobe")
int exact_segment(struct pt_regs *ctx)
{
    exact_enter(ctx, (void *)PT_REGS_PARM1(ctx));
    return 0;
}

/* ERR_PTR() */
static __always_inline bool is_error(const void *pointer)
{
    return (__u64)pointer > -4096ULL;
}

/* A segment has the journey that came from there. Global, so that the verifier looks into it once,
 * and not for each of so many segments. */
__noinline int exact_follow_segment(__u64 segment, __u64 stack)
{
    struct entered_key key = {.pid_tgid = bpf_get_current_pid_tgid(), .stack = stack};
    const struct moving *m = bpf_map_lookup_elem(&moving, &key);
    struct here here;

    if (m && exact_here(&here))
        exact_follow(&here, (void *)segment, &m->track);
    return 0;
}

SEC("kretprobe")
int exact_segmented(struct pt_regs *ctx)
{
    struct entered_key key = entered_key(ctx, 0, RETURN_ADDRESS_BYTES);
    struct sk_buff *segment = (void *)PT_REGS_RC(ctx);

    if (!bpf_map_lookup_elem(&moving, &key))
        return 0;
#pragma clang loop unroll(disable)
    for (int i = 0; segment && !is_error(segment) && i < EXACT_SEGMENTS; i++) {
        exact_follow_segment(address(segment), key.stack);
        segment = READ(false, segment, next);
    }
    bpf_map_delete_elem(&moving, &key);
    return 0;
}

/* __tcp_retransmit_skb(sk, skb, segments): what a device sends of the buffer from here on is
 * another packet. Its first one may still be somewhere, as a clone; the kernel then moves the data
 * to a new buffer, and this goes along. */
SEC("kprobe")
int exact_resend(struct pt_regs *ctx)
{
    struct sk_buff *skb = (void *)PT_REGS_PARM2(ctx);
    __u64 head = head_of(skb);
    struct ev_track *t = exact_find(skb, head);

    if (t)
        t->state = frees_head(skb, head, false) ? EV_TRACK_DEAD : EV_TRACK_RESENT;
    return 0;
}

#endif
