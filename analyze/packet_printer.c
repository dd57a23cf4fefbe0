/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/packet_printer.h"

#include <arpa/inet.h>

static const struct packet_number ethertype_names[] = {
    {0x0800, "IPv4"},
    {0x0806, "ARP"},
    {0x6558, "TEB"},
    {0x8035, "Reverse ARP"},
    {0x809b, "Appletalk"},
    {0x80f3, "Appletalk ARP"},
    {0x8100, "802.1Q"},
    {0x86dd, "IPv6"},
    {0x880b, "PPP"},
    {0x8847, "MPLS unicast"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE D"},
    {0x8864, "PPPoE S"},
    {0x888e, "EAPOL"},
    {0x88a8, "802.1Q-QinQ"},
    {0x88e5, "802.1AE MACsec"},
    {0x88f7, "PTP"},
    {0x9100, "802.1Q-9100"},
    {0, NULL},
};

const char *packet_number_name(const struct packet_number *table, uint16_t number)
{
    while (table->number && table->number != number)
        table++;
    return table->name;
}

void packet_separator(struct packet_printer *p)
{
    fputs(p->separator, p->out);
    p->separator = " ";
    p->in_tunnel = false;
}

void packet_begin_tunnel(struct packet_printer *p)
{
    p->separator = p->tunnel_separator;
    p->in_tunnel = true;
}

void packet_print_ethertype(FILE *out, const char *what, uint16_t ethertype)
{
    const char *name = packet_number_name(ethertype_names, ethertype);

    fprintf(out, " %s %s%s(0x%04x)", what, name ? name : "", name ? " " : "", ethertype);
}

void packet_print_mac(FILE *out, const uint8_t *mac)
{
    fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void packet_print_address(FILE *out, int family, const uint8_t *address)
{
    char text[INET6_ADDRSTRLEN];

    fputs(inet_ntop(family, address, text, sizeof(text)) ? text : "?", out);
}

void packet_not_supported(struct packet_printer *p, const char *what, unsigned number)
{
    fprintf(p->out, "... (%s 0x%x not supported, use 'nstrail export')", what, number);
}
