/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts an event and its packet's bytes into the ring. */
#ifndef NST_BPF_WRITE_H
#define NST_BPF_WRITE_H

#include "bpf/packet.bpf.h"

/* Reads bytes outside of the linear part. Tracing programs may call it since 6.12
 * (ffc83860d8c0); config.has_dynptr says so. */
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __weak
    __ksym;

/* By CPU * EV_SCRATCH_LEVELS + level; the recorder sizes it. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct ev_scratch);
    __uint(max_entries, 1);
} scratch SEC(".maps");

/* Most packets are linear and no longer than this. */
#define SMALL_BYTES 128

/* The packet's first bytes from wherever they are, into room + EV_GAP_BYTES bytes: what stands
 * before skb->data by address, the rest through the kernel. */
static __always_inline bool copy_nonlinear(const struct packet *p, __u8 *to, __u32 room,
                                           __u32 want)
{
    struct bpf_dynptr bytes;
    __s32 before = p->data - p->start;
    __u32 gap = before > 0 ? before : 0;
    __u32 skip = before < 0 ? -before : 0;
    __u32 rest;

    if (gap > EV_GAP_BYTES || gap > want)
        return false;
    rest = want - gap;
    if (rest > room)
        return false;
    if (bpf_probe_read_kernel(to, gap, (const void *)(p->head + p->start)))
        return false;
    if (bpf_dynptr_from_skb((struct __sk_buff *)p->skb, 0, &bytes))
        return false;
    return bpf_dynptr_read(to + gap, rest, &bytes, skip, 0) == 0;
}

/* Copies up to want bytes into room bytes; how many it was. */
static __always_inline __u32 copy_linear(const struct packet *p, __u8 *to, __u32 room, __u32 want)
{
    __u32 n = (__u32)p->linear < want ? (__u32)p->linear : want;

    barrier_var(n);
    if (n > room)
        n = room;
    return bpf_probe_read_kernel(to, n, (const void *)(p->head + p->start)) ? 0 : n;
}

static __always_inline void set_caplen(const struct here *here, struct ev_packet *out,
                                       __u32 caplen, __u32 want)
{
    out->caplen = caplen;
    if (caplen < want) {
        out->flags |= EV_FLAG_CUT;
        count(here, EV_CUT_NONLINEAR);
    }
}

/* In place, into room bytes, of which want are asked for at most. */
static __always_inline void write_linear(const struct here *here, const struct packet *p,
                                         struct ev_record *event, const __u32 room, __u32 want)
{
    struct ev_record *out = ring_reserve(here, sizeof(*out) + room);

    if (!out)
        return;
    if (room)
        set_caplen(here, &event->packet, copy_linear(p, (__u8 *)(out + 1), room, want), want);
    __builtin_memcpy(out, event, sizeof(*out));
    bpf_ringbuf_submit(out, ring_wake(here, sizeof(*out) + room));
}

static __always_inline void write_nonlinear(const struct here *here, const struct packet *p,
                                            struct ev_record *event, __u32 want, bool typed)
{
    const __u32 bytes = sizeof(*event) + EV_GAP_BYTES + EV_INLINE_BYTES;
    struct ev_record *out = ring_reserve(here, bytes);
    __u8 *to = (__u8 *)(out + 1);
    __u32 caplen = want;

    if (!out)
        return;
    if (!typed || !config.has_dynptr || !p->nonlinear ||
        !copy_nonlinear(p, to, EV_INLINE_BYTES, want))
        caplen = copy_linear(p, to, EV_INLINE_BYTES, want);
    set_caplen(here, &event->packet, caplen, want);
    __builtin_memcpy(out, event, sizeof(*out));
    bpf_ringbuf_submit(out, ring_wake(here, bytes));
}

/* A program that interrupts this one on its CPU takes the next slot, and has given it back
 * before this one goes on. */
static __always_inline struct ev_scratch *scratch_take(const struct here *here)
{
    __u32 level = here->state->busy;
    __u32 key = here->cpu * EV_SCRATCH_LEVELS + level;

    if (level >= EV_SCRATCH_LEVELS)
        return NULL;
    here->state->busy = level + 1;
    return bpf_map_lookup_elem(&scratch, &key);
}

static __always_inline void scratch_give(const struct here *here)
{
    here->state->busy--;
}

static __always_inline void write_large(const struct here *here, const struct packet *p,
                                        struct ev_record *event, __u32 want, bool typed)
{
    struct ev_scratch *slot = scratch_take(here);
    __u32 caplen = want;

    if (!slot) {
        count(here, EV_LOST_RING);
        return;
    }
    if (!typed || !config.has_dynptr || !p->nonlinear || (__u32)p->linear >= want ||
        !copy_nonlinear(p, slot->bytes, 65535, want))
        caplen = copy_linear(p, slot->bytes, 65535, want);
    set_caplen(here, &event->packet, caplen, want);
    slot->record = *event;
    ring_output(here, slot, sizeof(slot->record) + (caplen & 0xffff));
    scratch_give(here);
}

static __always_inline void write_event(const struct here *here, const struct packet *p,
                                        struct ev_record *event, bool typed)
{
    __u32 want = (__u32)p->len < config.snaplen ? (__u32)p->len : config.snaplen;

    event->packet.len = p->len;
    if (!want)
        write_linear(here, p, event, 0, 0);
    else if (want <= SMALL_BYTES && (__u32)p->linear >= want)
        write_linear(here, p, event, SMALL_BYTES, want);
    else if (want <= EV_INLINE_BYTES)
        write_nonlinear(here, p, event, want, typed);
    else
        write_large(here, p, event, want, typed);
}

#endif
