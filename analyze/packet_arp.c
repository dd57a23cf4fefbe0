/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of an ARP packet. */
#include "config.h"

#include <string.h>
#include <sys/socket.h>

#include "analyze/be.h"
#include "analyze/packet_printer.h"

/* An ARP packet for Ethernet and IPv4. */
struct arp {
    uint16_t operation;
    const uint8_t *sender_mac, *sender_ip, *target_mac, *target_ip;
};

static void print_arp_request(FILE *out, const struct arp *arp)
{
    static const uint8_t unknown[6];

    fputs("request who-has ", out);
    packet_print_address(out, AF_INET, arp->target_ip);
    if (memcmp(arp->target_mac, unknown, sizeof(unknown)) != 0) {
        fputs(" (", out);
        packet_print_mac(out, arp->target_mac);
        fputs(")", out);
    }
    fputs(" tell ", out);
    packet_print_address(out, AF_INET, arp->sender_ip);
}

static void print_arp_operation(FILE *out, const struct arp *arp)
{
    switch (arp->operation) {
    case 1:
        print_arp_request(out, arp);
        break;
    case 2:
        fputs("reply ", out);
        packet_print_address(out, AF_INET, arp->sender_ip);
        fputs(" is-at ", out);
        packet_print_mac(out, arp->sender_mac);
        break;
    case 3:
        fputs("reverse request who-is ", out);
        packet_print_mac(out, arp->target_mac);
        fputs(" tell ", out);
        packet_print_mac(out, arp->sender_mac);
        break;
    case 4:
        fputs("reverse reply ", out);
        packet_print_mac(out, arp->target_mac);
        fputs(" at ", out);
        packet_print_address(out, AF_INET, arp->target_ip);
        break;
    }
}

/* Hardware type, protocol type, length of each address, operation; then sender and target. */
bool packet_print_arp(struct packet_printer *p, const struct packet_layer *layer)
{
    const uint8_t *data = layer->data;
    struct arp arp;

    if (layer->truncated)
        return false;
    if (data[4] != 6 || data[5] != 4) {
        packet_not_supported(p, "ARP for hardware type", get_be16(data));
        return true;
    }
    arp = (struct arp){get_be16(data + 6), data + 8, data + 14, data + 18, data + 24};
    if (arp.operation < 1 || arp.operation > 4) {
        packet_not_supported(p, "ARP operation", arp.operation);
        return true;
    }
    packet_separator(p);
    print_arp_operation(p->out, &arp);
    return true;
}
