/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which bytes of an skb are the packet, and how they get into the ring. */
#ifndef NST_BPF_PACKET_H
#define NST_BPF_PACKET_H

#include "bpf/ring.bpf.h"

#define MAC_HEADER_UNSET 0xffff
#define ETHERNET_BYTES   14

/* What a probe knows about the headers of its packets. */
enum packet_place {
    PLACE_RECEIVE,  /* skb->data is the network header, network_header not yet set */
    PLACE_XMIT,     /* skb->data is the device's header */
    PLACE_ANYWHERE, /* only the skb's own marks say */
};

/* An skb's metadata, read once. */
struct packet {
    struct sk_buff *skb;
    __u64 sk; /* address of its socket, 0: none */
    __u64 head;
    __s32 start;  /* where the packet begins, from head; valid if len > 0 */
    __s32 data;   /* skb->data, from head */
    __s32 linear; /* bytes of the packet in the linear part */
    __s32 len;    /* of the packet from start; 0: the skb has no bytes that we could name */
    bool nonlinear;
    bool l3;
};

/* The socket that the skb says, as long as it is one: while IPv4 collects fragments, a small
 * number stood in its place until 6.9 (18685451fc4e), and some kernels load from it unchecked. */
static __always_inline struct sock *packet_sock(struct sk_buff *skb, bool typed)
{
    struct sock *sk = READ(typed, skb, sk);

    return same_half(address(sk), address(skb)) ? sk : NULL;
}

static __always_inline bool is_ethernet(__u16 device_type)
{
    return device_type == ARPHRD_ETHER || device_type == ARPHRD_LOOPBACK;
}

/* What such a device has are other programs' messages. */
static __always_inline bool is_no_packets(__u16 device_type)
{
    return device_type == ARPHRD_NETLINK || device_type == ARPHRD_VSOCKMON;
}

/* L2 begins at the MAC header if that stands before the network header at a distance that can
 * be Ethernet with tags: a stale one of an outer packet does not. */
static __always_inline bool mac_before(__u16 mac, __s32 network)
{
    __s32 distance = network - mac;

    return mac != MAC_HEADER_UNSET && distance >= ETHERNET_BYTES && distance <= EV_GAP_BYTES;
}

static __always_inline void packet_start(struct packet *p, enum packet_place place,
                                         bool ethernet, __u16 network, __u16 mac)
{
    __s32 l3 = place == PLACE_RECEIVE ? p->data : network;

    p->l3 = false;
    if (place == PLACE_XMIT && ethernet) {
        p->start = p->data;
    } else if (place == PLACE_XMIT && l3 < p->data) {
        p->start = p->data;
        p->l3 = true;
    } else if (!l3) {
        /* Dropped before the network layer saw it. */
        p->start = mac;
        if (!ethernet || mac == MAC_HEADER_UNSET)
            p->len = 0;
    } else if (ethernet && mac_before(mac, l3)) {
        p->start = mac;
    } else {
        p->start = l3;
        p->l3 = true;
    }
}

/* ethernet: what stands before the network header is Ethernet's. */
static __always_inline void packet_measure(struct packet *p, enum packet_place place,
                                           bool ethernet, bool typed)
{
    struct sk_buff *skb = p->skb;
    __u32 len = READ(typed, skb, len);
    __u32 data_len = READ(typed, skb, data_len);

    p->data = address(READ(typed, skb, data)) - p->head;
    p->nonlinear = data_len != 0;
    p->len = len;
    packet_start(p, place, ethernet, READ(typed, skb, network_header),
                 READ(typed, skb, mac_header));
    if (!p->len)
        return;
    p->len += p->data - p->start;
    p->linear = p->len - (__s32)data_len;
    if (p->len <= 0 || p->linear < 0)
        p->len = 0;
}

struct vlan_tag {
    __u16 proto; /* host order, 0: no tag */
    __u16 tci;
};

/* The tag that the skb keeps beside the bytes. */
static __always_inline struct vlan_tag packet_vlan(const struct packet *p, bool typed)
{
    struct sk_buff *skb = p->skb;
    struct sk_buff___before_6_2 *old = (void *)skb;
    __u16 proto = READ(typed, skb, vlan_proto);
    __u16 tci = READ(typed, skb, vlan_tci);
    bool present = bpf_core_field_exists(old->vlan_present) ? READ_BITS(typed, old, vlan_present)
                                                            : (proto | tci) != 0;

    return (struct vlan_tag){
        .proto = present ? __builtin_bswap16(proto) : 0,
        .tci = present ? tci : 0,
    };
}

#endif
