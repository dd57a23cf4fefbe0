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

/* How a record gets into the ring: in place where a reserved size will do, else by way of a
 * scratch slot. */
enum room {
    ROOM_NONE,  /* no bytes */
    ROOM_SMALL, /* SMALL_BYTES of the linear part */
    ROOM_WIDE,  /* EV_INLINE_BYTES from wherever they are */
    ROOM_LARGE, /* any number, by a slot */
};

#define SMALL_RECORD (sizeof(struct ev_record) + SMALL_BYTES)
#define WIDE_RECORD  (sizeof(struct ev_record) + EV_GAP_BYTES + EV_INLINE_BYTES)

struct writing {
    struct ev_record *out;
    enum room room;
    __u32 want; /* bytes of the packet */
};

/* A program that interrupts this one on its CPU takes the next slot, and has given it back
 * before this one goes on. */
static __always_inline struct ev_record *scratch_take(const struct here *here)
{
    __u32 level = here->state->busy;
    __u32 key = here->cpu * EV_SCRATCH_LEVELS + level;
    struct ev_scratch *slot = NULL;

    if (level < EV_SCRATCH_LEVELS)
        slot = bpf_map_lookup_elem(&scratch, &key);
    if (!slot) {
        count(here, EV_LOST_RING);
        return NULL;
    }
    here->state->busy = level + 1;
    return &slot->record;
}

static __always_inline void scratch_give(const struct here *here)
{
    here->state->busy--;
}

/* The consumer runs on another CPU, so a record's cache lines are there. Asked for now, they
 * come while the rest of the record is found out; the end of the writing would wait for them. */
static __always_inline void write_touch(struct ev_record *out)
{
    volatile __u64 *words = (volatile __u64 *)out;

    words[7] = 0;
    words[15] = 0;
    words[23] = 0;
    words[SMALL_RECORD / 8 - 1] = 0;
}

/* Makes room for the event's record. False, and counted: there is none. */
static __always_inline bool write_begin(const struct here *here, const struct packet *p,
                                        struct writing *w)
{
    void *room = NULL;
    bool made;

    w->want = (__u32)p->len < config.snaplen ? (__u32)p->len : config.snaplen;
    if (!w->want) {
        w->room = ROOM_NONE;
        made = ring_reserve(here, sizeof(*w->out), &room);
    } else if (w->want <= SMALL_BYTES && (__u32)p->linear >= w->want) {
        w->room = ROOM_SMALL;
        made = ring_reserve(here, SMALL_RECORD, &room);
        if (made)
            write_touch(room);
    } else if (w->want <= EV_INLINE_BYTES) {
        w->room = ROOM_WIDE;
        made = ring_reserve(here, WIDE_RECORD, &room);
    } else {
        w->room = ROOM_LARGE;
        room = scratch_take(here);
        made = room != NULL;
    }
    w->out = room;
    return made;
}

/* The bytes, into room + EV_GAP_BYTES bytes. */
static __always_inline __u32 copy_any(const struct packet *p, __u8 *to, __u32 room, __u32 want,
                                      bool dynptr)
{
    if (dynptr && p->nonlinear && (__u32)p->linear < want &&
        copy_nonlinear(p, to, room, want))
        return want;
    return copy_linear(p, to, room, want);
}

static __always_inline void set_caplen(const struct here *here, const struct writing *w,
                                       __u32 caplen)
{
    w->out->packet.caplen = caplen;
    if (caplen < w->want) {
        w->out->packet.flags |= EV_FLAG_CUT;
        count(here, EV_CUT_NONLINEAR);
    }
}

/* Adds the bytes to the record and hands it over. */
static __always_inline void write_end(const struct here *here, const struct packet *p,
                                      const struct writing *w, bool dynptr)
{
    __u8 *to = (__u8 *)(w->out + 1);
    __u32 caplen;

    switch (w->room) {
    case ROOM_NONE:
        w->out->packet.caplen = 0;
        bpf_ringbuf_submit(w->out, ring_wake(here, sizeof(*w->out)));
        break;
    case ROOM_SMALL:
        set_caplen(here, w, copy_linear(p, to, SMALL_BYTES, w->want));
        bpf_ringbuf_submit(w->out, ring_wake(here, SMALL_RECORD));
        break;
    case ROOM_WIDE:
        set_caplen(here, w, copy_any(p, to, EV_INLINE_BYTES, w->want, dynptr));
        bpf_ringbuf_submit(w->out, ring_wake(here, WIDE_RECORD));
        break;
    case ROOM_LARGE:
        caplen = copy_any(p, to, 65535, w->want, dynptr);
        set_caplen(here, w, caplen);
        ring_output(here, w->out, sizeof(*w->out) + (caplen & 0xffff));
        scratch_give(here);
        break;
    }
}

#endif
