/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the taking apart of packets and their words share. */
#ifndef NST_ANALYZE_PACKET_INTERNAL_H
#define NST_ANALYZE_PACKET_INTERNAL_H

#include "analyze/packet.h"

#define IPPROTO_NUMBER_NONE 59 /* IPv6: nothing follows */

/* Walks the extension headers of an IPv6 layer; starts from zeros with IPV6_EXTENSIONS(layer). */
struct ipv6_extension {
    uint8_t number;  /* of this header */
    uint8_t next;    /* of what follows it */
    uint32_t offset; /* in the layer, of what follows it */
    bool truncated;  /* it is an extension header, but not there in whole */
    bool fragment;   /* it says that this is not the first fragment */
};
/* Before the first extension: what the fixed header announces. The layer has its 40 bytes. */
void ipv6_extensions_begin(const struct packet_layer *layer, struct ipv6_extension *ext);
/* False: what follows is no extension header, or not there in whole (ext->truncated). */
bool ipv6_extensions_next(const struct packet_layer *layer, struct ipv6_extension *ext);

/* Source and destination port of the layer after an IP layer; false: it has none. */
bool packet_ports(const struct packet *packet, unsigned ip_layer, uint16_t *sport, uint16_t *dport);

/* The words of one layer each, in packet_tcp.c and packet_sctp.c. False: cut short. */
bool packet_print_tcp(FILE *out, const struct packet_layer *layer);
bool packet_print_sctp(FILE *out, const struct packet_layer *layer);

#endif
