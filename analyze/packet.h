/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet bytes taken apart. Pure: works on a buffer, trusts none of it. */
#ifndef NST_ANALYZE_PACKET_H
#define NST_ANALYZE_PACKET_H

#include <stdio.h>

#include "analyze/frame.h"

enum packet_layer_type {
    PACKET_NONE = 0,
    PACKET_ETHERNET,
    PACKET_VLAN, /* one tag: 802.1Q or 802.1ad */
    PACKET_ARP,
    PACKET_IPV4,
    PACKET_IPV6, /* with its extension headers */
    PACKET_AH,   /* after IPv4; after IPv6 it counts as an extension header */
    PACKET_ESP,
    PACKET_GRE,
    PACKET_TCP,
    PACKET_UDP,
    PACKET_ICMP,
    PACKET_ICMPV6,
    PACKET_SCTP,
    PACKET_VXLAN,
    PACKET_GENEVE,
    PACKET_OTHER, /* a protocol that is not taken apart: the last layer */
};

struct packet_layer {
    enum packet_layer_type type;
    uint16_t number; /* the ethertype or IP protocol by which the layer before announced it; 0
                        for the outermost and for what a UDP port announced */
    uint16_t next;   /* what it announces itself: an ethertype, or an IP protocol */
    bool truncated;  /* its header is not there in whole: the last layer */
    bool fragment;   /* not the first fragment: no header follows */
    const uint8_t *data;
    uint32_t caplen; /* bytes there from data on, without link-layer padding */
    uint32_t len;    /* bytes that the wire had from data on, without padding too */
    uint32_t header; /* bytes of this layer's own header(s) that are there */
};

#define PACKET_LAYERS_MAX 24

struct packet {
    unsigned count;
    struct packet_layer layers[PACKET_LAYERS_MAX]; /* outermost first */
};

void packet_decode(const struct frame *frame, struct packet *packet);

/* Of the outermost Ethernet header and its VLAN tags, as far as they are there. */
uint32_t packet_link_bytes(const struct packet *packet);

/* Outermost addresses and ports, for correlation. */
struct packet_flow {
    uint16_t ethertype; /* of what follows Ethernet and VLAN tags; 0: unknown */
    uint8_t family;     /* 4, 6, or 0: no IP */
    uint8_t protocol;   /* IP protocol after IPv6's extensions */
    bool has_ports;
    uint16_t sport, dport;
    uint8_t src[16], dst[16]; /* the first 4 bytes for IPv4 */
};
void packet_flow(const struct packet *packet, struct packet_flow *flow);

/* For packet_print(): the Ethernet headers too, as Retis with --print-ll. VLAN tags are always
 * printed. */
#define PACKET_PRINT_LINK 1u

/*
 * The words that Retis prints for a packet, layers joined by single spaces or, where a tunnel
 * begins, by the separator given: " ", or "\n" and an indentation. What is cut short ends in
 * "... (truncated or incomplete packet)". Prints numbers only, no byte of the packet as it is.
 */
void packet_print(FILE *out, const struct packet *packet, unsigned flags,
                  const char *tunnel_separator);

#endif
