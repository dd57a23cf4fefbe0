/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a recorded skb's numbers are made of. */
#ifndef NST_ANALYZE_SKB_H
#define NST_ANALYZE_SKB_H

#include <stdbool.h>

#include "format/nstrail.h"

/* Where the checksum begins, from the buffer's start, and where it goes, from there. */
static inline uint32_t skb_csum_start(const struct nst_skb *skb)
{
    return skb->csum & 0xffff;
}

static inline uint32_t skb_csum_offset(const struct nst_skb *skb)
{
    return skb->csum >> 16;
}

/* All references to the buffer, those to its payload among them. */
static inline uint32_t skb_dataref(const struct nst_skb *skb)
{
    return skb->dataref & 0xffff;
}

/* SKB_GSO_TCPV4 and SKB_GSO_TCPV6, which have always had these bits. */
static inline bool skb_is_tcp_gso(const struct nst_skb *skb)
{
    return skb->gso_size && skb->gso_type & (1u << 0 | 1u << 4);
}

#endif
