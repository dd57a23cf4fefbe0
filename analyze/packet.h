/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet bytes taken apart. Pure: works on a buffer, trusts none of it. */
#ifndef NST_ANALYZE_PACKET_H
#define NST_ANALYZE_PACKET_H

#include <stdio.h>

#include "analyze/frame.h"

enum packet_layer_type {
    PACKET_ETHERNET = 1,
    PACKET_VLAN,
    PACKET_ARP,
    PACKET_IPV4,
    PACKET_IPV6,     /* with its extension headers */
    PACKET_TCP,
    PACKET_UDP,
    PACKET_ICMP,
    PACKET_ICMPV6,
    PACKET_SCTP,
    PACKET_VXLAN,
    PACKET_GENEVE,
    PACKET_OTHER,
};

struct packet_layer {
    enum packet_layer_type type;
    const uint8_t *data;
    uint32_t caplen; /* bytes there from data on, to the end of the capture */
    uint32_t len;    /* bytes that the wire had from data on */
    uint32_t header; /* bytes of this layer's own header(s) that are there */
};

#define PACKET_LAYERS_MAX 24

struct packet {
    unsigned count;
    struct packet_layer layers[PACKET_LAYERS_MAX]; /* outermost first */
};

void packet_decode(const struct frame *frame, struct packet *packet);

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

/* The words that Retis prints for a packet, layers joined by single spaces or, where a tunnel
 * begins, by "\n" and the indentation given. Bytes from the packet are escaped. */
void packet_print(FILE *out, const struct packet *packet, const char *tunnel_separator);

#endif
