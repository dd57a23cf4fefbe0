/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What else an skb says, for events that are to have it. Without --skb the verifier takes all of
 * this out of the programs.
 */
#ifndef NST_BPF_STATE_H
#define NST_BPF_STATE_H

#include "bpf/packet.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff___state {
    unsigned int len, data_len;
    __u32 mark, hash, priority;
    __u32 csum; /* in a union with csum_start and csum_offset, 16 bits each */
    __u8 ip_summed : 2;
    __u8 csum_level : 2;
    __u8 cloned : 1;
    __u8 nohdr : 1;
    __u8 fclone : 2;
    __be16 protocol;
    struct {
        atomic_t refs;
    } users;
};

struct skb_shared_info___state {
    atomic_t dataref;
    unsigned int gso_type;
    unsigned short gso_size, gso_segs;
    __u8 nr_frags;
};

/* Since 5.12 (06b4feb37e64). */
struct skb_shared_info___since_5_12 {
    __u8 flags;
};

#pragma clang attribute pop

/* The buffer's end, which all its skbs share. */
static __always_inline void state_shared(struct ev_skb *out, __u64 address)
{
    struct skb_shared_info___state *shared = (void *)address;
    struct skb_shared_info___since_5_12 *flagged = (void *)address;

    out->dataref = READ(false, shared, dataref.counter);
    out->gso_type = READ(false, shared, gso_type);
    out->gso_size = READ(false, shared, gso_size);
    out->gso_segs = READ(false, shared, gso_segs);
    out->frags = READ(false, shared, nr_frags);
    out->shared_flags = 0;
    if (bpf_core_field_exists(flagged->flags))
        out->shared_flags = READ(false, flagged, flags);
}

static __always_inline void state_read(struct ev_skb *out, const struct packet *p, bool typed)
{
    struct sk_buff___state *skb = (void *)p->skb;

    out->len = READ(typed, skb, len);
    out->data_len = READ(typed, skb, data_len);
    out->mark = READ(typed, skb, mark);
    out->hash = READ(typed, skb, hash);
    out->priority = READ(typed, skb, priority);
    out->csum = READ(typed, skb, csum);
    out->users = READ(typed, skb, users.refs.counter);
    out->protocol = __builtin_bswap16(READ(typed, skb, protocol));
    out->ip_summed = READ_BITS(typed, skb, ip_summed);
    out->csum_level = READ_BITS(typed, skb, csum_level);
    out->fclone = READ_BITS(typed, skb, fclone);
    out->flags = (READ_BITS(typed, skb, cloned) ? EV_SKB_CLONED : 0) |
                 (READ_BITS(typed, skb, nohdr) ? EV_SKB_NOHDR : 0);
    state_shared(out, p->head + READ(typed, p->skb, end));
}

#endif
