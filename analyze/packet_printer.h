/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the words of a packet's layers share. */
#ifndef NST_ANALYZE_PACKET_PRINTER_H
#define NST_ANALYZE_PACKET_PRINTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/packet_internal.h"

struct packet_number {
    uint16_t number;
    const char *name;
};

/* Tables end with 0, whose name is the answer for what they do not hold. */
const char *packet_number_name(const struct packet_number *table, uint16_t number);

struct packet_printer {
    FILE *out;
    unsigned flags;
    const char *tunnel_separator;
    const char *separator; /* due before the next word */
    bool in_tunnel;        /* that is the tunnel's separator */
};

/* Before the words of a layer that begins anew, such as those of addresses. */
void packet_separator(struct packet_printer *p);
/* What follows is inside of what was printed so far. */
void packet_begin_tunnel(struct packet_printer *p);

void packet_print_ethertype(FILE *out, const char *what, uint16_t ethertype);
void packet_print_mac(FILE *out, const uint8_t *mac);
/* AF_INET or AF_INET6. */
void packet_print_address(FILE *out, int family, const uint8_t *address);
void packet_not_supported(struct packet_printer *p, const char *what, unsigned number);

/* The words of one layer each, in packet_arp.c and packet_ip.c. False: cut short. */
bool packet_print_arp(struct packet_printer *p, const struct packet_layer *layer);
bool packet_print_ipv4(struct packet_printer *p, const struct packet *packet, unsigned i);
bool packet_print_ipv6(struct packet_printer *p, const struct packet *packet, unsigned i);
bool packet_print_ah(struct packet_printer *p, const struct packet_layer *layer);
bool packet_print_esp(struct packet_printer *p, const struct packet_layer *layer);

#endif
