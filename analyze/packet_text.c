/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet in the words of Retis 1.7. Where it prints what cannot be meant we differ: the two
 * IPv4 flags + (more fragments) and rsvd stand the right way round, IPv4 options have names,
 * a later fragment has no ports, and ports are shown where only they are left of a header.
 */
#include "config.h"

#include "analyze/packet.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "analyze/be.h"
#include "analyze/packet_internal.h"

struct number_name {
    uint16_t number;
    const char *name;
};

static const struct number_name ethertype_names[] = {
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

static const struct number_name protocol_names[] = {
    {1, "ICMP"},  {2, "IGMP"},   {4, "IPIP"},   {6, "TCP"},    {17, "UDP"},       {27, "RDP"},
    {33, "DCCP"}, {41, "IPv6"},  {47, "GRE"},   {50, "ESP"},   {51, "AH"},        {58, "ICMPv6"},
    {89, "OSPF"}, {112, "VRRP"}, {115, "L2TP"}, {132, "SCTP"}, {143, "Ethernet"}, {0, NULL},
};

static const struct number_name extension_names[] = {
    {43, "Ipv6Route"},       {44, "Ipv6Frag"}, {51, "Ah"},     {60, "Ipv6Opts"},
    {135, "MobilityHeader"}, {139, "Hip"},     {140, "Shim6"}, {0, "Hopopt"},
};

/* By the number in the option's lower five bits, as RFC 791 counts them. */
static const struct number_name option_names[] = {
    {1, "NOP"}, {2, "SEC"}, {3, "LSRR"}, {4, "TS"},  {5, "ESEC"}, {6, "CIPSO"},
    {7, "RR"},  {8, "SID"}, {9, "SSRR"}, {20, "RA"}, {0, NULL},
};

/* The tables end with 0, whose name is the answer for what they do not hold. */
static const char *name_of(const struct number_name *table, uint16_t number)
{
    while (table->number && table->number != number)
        table++;
    return table->name;
}

struct printer {
    FILE *out;
    unsigned flags;
    const char *tunnel_separator;
    const char *separator; /* due before the next word */
    bool in_tunnel;        /* that is the tunnel's separator */
};

static void print_separator(struct printer *p)
{
    fputs(p->separator, p->out);
    p->separator = " ";
    p->in_tunnel = false;
}

static void begin_tunnel(struct printer *p)
{
    p->separator = p->tunnel_separator;
    p->in_tunnel = true;
}

static void print_ethertype(FILE *out, const char *what, uint16_t ethertype)
{
    const char *name = name_of(ethertype_names, ethertype);

    fprintf(out, " %s %s%s(0x%04x)", what, name ? name : "", name ? " " : "", ethertype);
}

static void print_protocol(FILE *out, uint16_t protocol)
{
    const char *name = name_of(protocol_names, protocol);

    fprintf(out, " proto %s%s(%u)", name ? name : "", name ? " " : "", protocol);
}

static void print_mac(FILE *out, const uint8_t *mac)
{
    fprintf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void print_address(FILE *out, int family, const uint8_t *address)
{
    char text[INET6_ADDRSTRLEN];

    fputs(inet_ntop(family, address, text, sizeof(text)) ? text : "?", out);
}

static bool print_ethernet(struct printer *p, const struct packet_layer *layer)
{
    if (layer->truncated || !(p->flags & PACKET_PRINT_LINK))
        return !layer->truncated;
    print_separator(p);
    print_mac(p->out, layer->data + 6);
    fputs(" > ", p->out);
    print_mac(p->out, layer->data);
    print_ethertype(p->out, "ethertype", layer->next);
    return true;
}

static bool print_vlan(struct printer *p, const struct packet_layer *layer)
{
    uint16_t tci;

    if (layer->truncated)
        return false;
    tci = get_be16(layer->data);
    print_separator(p);
    fprintf(p->out, "vlan %u p %u%s", tci & 0xfffu, tci >> 13, tci & 0x1000 ? " DEI" : "");
    print_ethertype(p->out, "ethertype", layer->next);
    return true;
}

static void not_supported(struct printer *p, const char *what, unsigned number)
{
    fprintf(p->out, "... (%s 0x%x not supported, use 'nstrail export')", what, number);
}

/* An ARP packet for Ethernet and IPv4. */
struct arp {
    uint16_t operation;
    const uint8_t *sender_mac, *sender_ip, *target_mac, *target_ip;
};

static void print_arp_request(FILE *out, const struct arp *arp)
{
    static const uint8_t unknown[6];

    fputs("request who-has ", out);
    print_address(out, AF_INET, arp->target_ip);
    if (memcmp(arp->target_mac, unknown, sizeof(unknown)) != 0) {
        fputs(" (", out);
        print_mac(out, arp->target_mac);
        fputs(")", out);
    }
    fputs(" tell ", out);
    print_address(out, AF_INET, arp->sender_ip);
}

static void print_arp_operation(FILE *out, const struct arp *arp)
{
    switch (arp->operation) {
    case 1:
        print_arp_request(out, arp);
        break;
    case 2:
        fputs("reply ", out);
        print_address(out, AF_INET, arp->sender_ip);
        fputs(" is-at ", out);
        print_mac(out, arp->sender_mac);
        break;
    case 3:
        fputs("reverse request who-is ", out);
        print_mac(out, arp->target_mac);
        fputs(" tell ", out);
        print_mac(out, arp->sender_mac);
        break;
    case 4:
        fputs("reverse reply ", out);
        print_mac(out, arp->target_mac);
        fputs(" at ", out);
        print_address(out, AF_INET, arp->target_ip);
        break;
    }
}

/* Hardware type, protocol type, length of each address, operation; then sender and target. */
static bool print_arp(struct printer *p, const struct packet_layer *layer)
{
    const uint8_t *data = layer->data;
    struct arp arp;

    if (layer->truncated)
        return false;
    if (data[4] != 6 || data[5] != 4) {
        not_supported(p, "ARP for hardware type", get_be16(data));
        return true;
    }
    arp = (struct arp){get_be16(data + 6), data + 8, data + 14, data + 18, data + 24};
    if (arp.operation < 1 || arp.operation > 4) {
        not_supported(p, "ARP operation", arp.operation);
        return true;
    }
    print_separator(p);
    print_arp_operation(p->out, &arp);
    return true;
}

static void print_addresses(struct printer *p, const struct packet *packet, unsigned i, int family,
                            const uint8_t *src, const uint8_t *dst)
{
    uint16_t sport, dport;
    bool ports = packet_ports(packet, i, &sport, &dport);

    print_separator(p);
    print_address(p->out, family, src);
    if (ports)
        fprintf(p->out, ".%u", sport);
    fputs(" > ", p->out);
    print_address(p->out, family, dst);
    if (ports)
        fprintf(p->out, ".%u", dport);
}

static const char *ecn_words(unsigned traffic_class)
{
    static const char *const words[] = {"", " ECT(1)", " ECT(0)", " CE"};

    return words[traffic_class & 3];
}

static void print_ipv4_options(FILE *out, const struct packet_layer *layer)
{
    uint32_t pos = 20;
    const char *before = " opts [";

    while (pos < layer->header && layer->data[pos] != 0) {
        uint8_t option = layer->data[pos];
        const char *name = name_of(option_names, option & 31);
        uint32_t left = layer->header - pos;

        fputs(before, out);
        before = ",";
        if (name)
            fputs(name, out);
        else
            fprintf(out, "%u", option & 31);
        if (option == 1)
            pos++;
        else if (left < 2 || layer->data[pos + 1] < 2)
            break;
        else
            pos += layer->data[pos + 1];
    }
    if (*before == ',')
        fputs(pos < layer->header && layer->data[pos] == 0 ? ",EOL]" : "]", out);
}

static void print_ipv4_flags(FILE *out, unsigned flags)
{
    const char *before = " [";

    if (flags & 1) {
        fprintf(out, "%s+", before);
        before = ",";
    }
    if (flags & 2) {
        fprintf(out, "%sDF", before);
        before = ",";
    }
    if (flags & 4)
        fprintf(out, "%srsvd", before);
    if (flags)
        fputs("]", out);
}

static bool print_ipv4(struct printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];
    const uint8_t *data = layer->data;
    uint16_t fragment, total;

    if (layer->header < 20)
        return false;
    fragment = get_be16(data + 6);
    total = get_be16(data + 2);
    print_addresses(p, packet, i, AF_INET, data + 12, data + 16);
    fprintf(p->out, " tos 0x%x%s ttl %u id %u off %u", data[1] >> 2, ecn_words(data[1]), data[8],
            get_be16(data + 4), (fragment & 0x1fffu) * 8);
    print_ipv4_flags(p->out, fragment >> 13);
    if (total)
        fprintf(p->out, " len %u", total);
    print_ipv4_options(p->out, layer);
    print_protocol(p->out, layer->next);
    return !layer->truncated;
}

static void print_ipv6_extensions(FILE *out, const struct packet_layer *layer)
{
    struct ipv6_extension ext;
    const char *before = " exts [";

    ipv6_extensions_begin(layer, &ext);
    while (ipv6_extensions_next(layer, &ext)) {
        fprintf(out, "%s%s", before, name_of(extension_names, ext.number));
        before = ",";
    }
    if (*before == ',')
        fputs("]", out);
}

static bool print_ipv6(struct printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];
    const uint8_t *data = layer->data;
    uint32_t first;
    uint16_t payload;

    if (layer->header < 40)
        return false;
    first = get_be32(data);
    payload = get_be16(data + 4);
    print_addresses(p, packet, i, AF_INET6, data + 8, data + 24);
    fprintf(p->out, "%s ttl %u label 0x%" PRIx32, ecn_words(first >> 20), data[7], first & 0xfffff);
    if (payload)
        fprintf(p->out, " len %u", payload);
    print_ipv6_extensions(p->out, layer);
    /* Cut short, what is next would be an extension header. */
    if (!layer->truncated && layer->next != IPPROTO_NUMBER_NONE)
        print_protocol(p->out, layer->next);
    return !layer->truncated;
}

static void print_hex(FILE *out, const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        fprintf(out, "%02x", data[i]);
}

static bool print_ah(struct printer *p, const struct packet_layer *layer)
{
    if (layer->header < 12)
        return false;
    fprintf(p->out, " spi 0x%08" PRIx32 " seq 0x%" PRIx32 " icv 0x", get_be32(layer->data + 4),
            get_be32(layer->data + 8));
    print_hex(p->out, layer->data + 12, layer->header - 12);
    if (!layer->truncated)
        print_protocol(p->out, layer->next);
    return !layer->truncated;
}

static bool print_esp(struct printer *p, const struct packet_layer *layer)
{
    if (layer->truncated)
        return false;
    fprintf(p->out, " spi 0x%08" PRIx32 " seq 0x%" PRIx32, get_be32(layer->data),
            get_be32(layer->data + 4));
    return true;
}

static bool print_gre(struct printer *p, const struct packet_layer *layer)
{
    uint16_t flags;

    if (layer->header < 4)
        return false;
    flags = get_be16(layer->data);
    fprintf(p->out, " gre [%s%s%s]", flags & 0x8000 ? "C" : "", flags & 0x2000 ? "K" : "",
            flags & 0x1000 ? "S" : "");
    if (flags & 0x2000 && !layer->truncated)
        fprintf(p->out, " key 0x%" PRIx32, get_be32(layer->data + (flags & 0x8000 ? 8 : 4)));
    print_ethertype(p->out, "proto", layer->next);
    begin_tunnel(p);
    return !layer->truncated;
}

static bool print_udp(struct printer *p, const struct packet_layer *layer)
{
    uint16_t len;

    if (layer->truncated)
        return false;
    len = get_be16(layer->data + 4);
    fprintf(p->out, " len %u", len < 8 ? 0 : len - 8);
    return true;
}

static bool print_icmp(struct printer *p, const struct packet_layer *layer)
{
    if (layer->header >= 2)
        fprintf(p->out, " type %u code %u", layer->data[0], layer->data[1]);
    return !layer->truncated;
}

static bool print_vxlan(struct printer *p, const struct packet_layer *layer)
{
    if (layer->truncated)
        return false;
    fprintf(p->out, " vxlan [%s] vni 0x%" PRIx32, layer->data[0] & 8 ? "I" : "",
            get_be24(layer->data + 4));
    begin_tunnel(p);
    return true;
}

static void print_geneve_options(FILE *out, const struct packet_layer *layer)
{
    uint32_t pos = 8;
    const char *before = " [";

    while (layer->header - pos >= 4) {
        const uint8_t *option = layer->data + pos;
        uint32_t bytes = (option[3] & 31) * 4u;

        fprintf(out, "%sclass 0x%x type 0x%x%s len %u", before, get_be16(option), option[2],
                option[2] & 0x80 ? "(C)" : "", bytes);
        before = ",";
        if (bytes > layer->header - pos - 4)
            break;
        pos += 4 + bytes;
    }
    if (*before == ',')
        fputs("]", out);
}

static bool print_geneve(struct printer *p, const struct packet_layer *layer)
{
    if (layer->header < 8)
        return false;
    fprintf(p->out, " geneve [%s%s] vni 0x%" PRIx32, layer->data[1] & 0x80 ? "O" : "",
            layer->data[1] & 0x40 ? "C" : "", get_be24(layer->data + 4));
    if (p->flags & PACKET_PRINT_LINK)
        print_ethertype(p->out, "proto", layer->next);
    print_geneve_options(p->out, layer);
    begin_tunnel(p);
    return !layer->truncated;
}

/* What announced it tells what its number is. */
static bool print_other(struct printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];
    enum packet_layer_type before = i ? packet->layers[i - 1].type : PACKET_NONE;

    if (layer->caplen == 0 && i == 0)
        return false;
    switch (before) {
    case PACKET_IPV4:
    case PACKET_IPV6:
    case PACKET_AH:
        not_supported(p, "protocol", layer->number);
        return true;
    default:
        if (layer->number == 0)
            fputs("... (protocol at L3 not known, use 'nstrail export')", p->out);
        else if (layer->number < 0x600)
            not_supported(p, "LLC frame of length", layer->number);
        else
            not_supported(p, "ethertype", layer->number);
        return true;
    }
}

static bool print_layer(struct printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];

    switch (layer->type) {
    case PACKET_ETHERNET:
        return print_ethernet(p, layer);
    case PACKET_VLAN:
        return print_vlan(p, layer);
    case PACKET_ARP:
        return print_arp(p, layer);
    case PACKET_IPV4:
        return print_ipv4(p, packet, i);
    case PACKET_IPV6:
        return print_ipv6(p, packet, i);
    case PACKET_AH:
        return print_ah(p, layer);
    case PACKET_ESP:
        return print_esp(p, layer);
    case PACKET_GRE:
        return print_gre(p, layer);
    case PACKET_TCP:
        return packet_print_tcp(p->out, layer);
    case PACKET_UDP:
        return print_udp(p, layer);
    case PACKET_ICMP:
    case PACKET_ICMPV6:
        return print_icmp(p, layer);
    case PACKET_SCTP:
        return packet_print_sctp(p->out, layer);
    case PACKET_VXLAN:
        return print_vxlan(p, layer);
    case PACKET_GENEVE:
        return print_geneve(p, layer);
    case PACKET_NONE:
    case PACKET_OTHER:
        break;
    }
    return print_other(p, packet, i);
}

void packet_print(FILE *out, const struct packet *packet, unsigned flags,
                  const char *tunnel_separator)
{
    struct printer p = {out, flags, tunnel_separator, "", false};
    bool whole = true;
    bool ip_seen = false;

    for (unsigned i = 0; i < packet->count && whole; i++) {
        enum packet_layer_type type = packet->layers[i].type;

        if (type == PACKET_IPV4 || type == PACKET_IPV6) {
            if (ip_seen)
                begin_tunnel(&p);
            ip_seen = true;
        }
        whole = print_layer(&p, packet, i);
    }
    if (!whole) {
        if (p.in_tunnel)
            print_separator(&p);
        fputs("... (truncated or incomplete packet)", out);
    } else if (packet->count == PACKET_LAYERS_MAX) {
        fputs("... (too many headers)", out);
    }
}
