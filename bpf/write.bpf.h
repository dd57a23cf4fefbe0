/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts an event and its packet's bytes into the ring. */
#ifndef NST_BPF_WRITE_H
#define NST_BPF_WRITE_H

#include "bpf/state.bpf.h"

/* Reads bytes outside of the linear part. Tracing programs may call it since 6.12
 * (ffc83860d8c0); config.has_dynptr says so. The recorder puts its call where there seems to be one
 * of a helper of this number: for an extern that a kernel lacks libbpf 1.1 looks through the types
 * of all modules, which takes CAP_SYS_ADMIN. */
static int (*const bpf_dynptr_from_skb)(struct __sk_buff *skb, __u64 flags,
                                        struct bpf_dynptr *ptr) = (void *)EV_DYNPTR_CALL;

/* The packet's first bytes from wherever they are, into want + EV_GAP_BYTES bytes: what stands
 * before skb->data by address, the rest through the kernel. from: where the packet begins, so many
 * bytes before skb->data, which are negative if it begins behind that. A function of its own, for
 * the stack of the programs that call it; named in capture/object_adapt.c for its call of another.
 */
static __noinline int copy_nonlinear(struct sk_buff *skb, __u8 *to, __u64 from, __s32 before,
                                     __u32 want)
{
    struct bpf_dynptr bytes;
    __u32 gap = before > 0 ? before : 0;
    __u32 skip = before < 0 ? -before : 0;
    __u32 rest;
    bool copied;

    if (gap > EV_GAP_BYTES || gap > want)
        return false;
    rest = want - gap;
    /* Which the verifier cannot know, and clang would not ask. */
    barrier_var(rest);
    if (rest > want)
        return false;
    if (bpf_probe_read_kernel(to, gap, (const void *)from))
        return false;
    copied = !bpf_dynptr_from_skb((struct __sk_buff *)skb, 0, &bytes) &&
             !bpf_dynptr_read(to + gap, rest, &bytes, skip, 0);
    /* For the verifier a dynptr lies there until something else is stored, and no helper may write
     * what clang puts in its place. */
    ((volatile __u64 *)&bytes)[0] = 0;
    ((volatile __u64 *)&bytes)[1] = 0;
    return copied;
}

/* Copies up to want bytes into room bytes; how many it was. */
static __always_inline __u32 copy_linear(const struct packet *p, __u8 *to, __u32 room, __u32 want)
{
    /* Compared as a whole: clang 18 takes a register for its lower half, of which it knows that the
     * upper one is 0, and verifiers up to 6.1 do not. */
    __u64 n = (__u32)p->linear < want ? (__u32)p->linear : want;

    barrier_var(n);
    if (n > room)
        n = room;
    return bpf_probe_read_kernel(to, n, (const void *)(p->head + p->start)) ? 0 : n;
}

struct writing {
    struct ev_record *out;
    struct room room;
    __u32 want;  /* bytes of the packet */
    __u8 *bytes; /* where they go */
};

/* Makes room for the event's record; stack: 0 or 1, with one; once: as ring_reserve_once(). False,
 * and counted: there is none. */
static __always_inline bool write_begin(const struct here *here, const struct packet *p, bool state,
                                        __u32 stack, bool once, struct writing *w)
{
    __u32 bytes;

    w->want = (__u32)p->len < config.snaplen ? (__u32)p->len : config.snaplen;
    bytes = sizeof(*w->out) + w->want;
    if (state) {
        bytes += sizeof(struct ev_skb);
        barrier_var(bytes);
    }
    bytes += stack * EV_STACK_BYTES;
    if (!(once ? ring_reserve_once(here, EV_PACKET, bytes, &w->room)
               : ring_reserve(here, EV_PACKET, bytes, &w->room)))
        return false;
    w->out = (void *)w->room.head;
    w->bytes = (__u8 *)(w->out + 1);
    return true;
}

/* Puts an ev_skb behind the record; what is written next goes behind that. */
static __always_inline void write_state(const struct packet *p, struct writing *w, bool typed)
{
    state_read((struct ev_skb *)w->bytes, p, typed);
    w->out->packet.has_skb = 1;
    w->bytes += sizeof(struct ev_skb);
    barrier_var(w->bytes);
}

/* Puts the addresses of a stack trace there. Where the kernel fails, it leaves zeros. */
static __always_inline void write_stack(const struct here *here, void *ctx, struct writing *w)
{
    if (bpf_get_stack(ctx, w->bytes, EV_STACK_BYTES, 0) < 0)
        count(here, EV_NO_STACK);
    w->bytes += EV_STACK_BYTES;
    barrier_var(w->bytes);
}

/* Copies the packet's first bytes by whichever way has the most of them, into room + EV_GAP_BYTES
 * bytes; how many it was. */
static __always_inline __u32 copy_any(const struct packet *p, __u8 *to, __u32 room, __u32 want,
                                      bool dynptr)
{
    if (dynptr && unlikely(p->nonlinear) && (__u32)p->linear < want && want <= room &&
        copy_nonlinear(p->skb, to, p->head + p->start, p->data - p->start, want))
        return want;
    return copy_linear(p, to, room, want);
}

/* Adds the bytes to the record and hands it over. */
static __always_inline void write_end(const struct here *here, const struct packet *p,
                                      const struct writing *w, bool dynptr)
{
    __u32 want = w->want;
    __u32 caplen = want ? copy_any(p, w->bytes, config.snaplen, want, dynptr) : 0;

    w->out->packet.caplen = caplen;
    if (unlikely(caplen < want)) {
        w->out->packet.flags |= EV_FLAG_CUT;
        count(here, EV_CUT_NONLINEAR);
    }
    ring_submit(&w->room);
}

#endif
