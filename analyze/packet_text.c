/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet in the words of Retis 1.7. Where it prints what cannot be meant we differ: the two
 * IPv4 flags + (more fragments) and rsvd stand the right way round, IPv4 options have names,
 * a later fragment has no ports, and ports are shown where only they are left of a header.
 */
#include "config.h"

#include "analyze/packet.h"

#include <inttypes.h>

#include "analyze/be.h"
#include "analyze/packet_printer.h"

static bool print_ethernet(struct packet_printer *p, const struct packet_layer *layer)
{
    if (layer->truncated || !(p->flags & PACKET_PRINT_LINK))
        return !layer->truncated;
    packet_separator(p);
    packet_print_mac(p->out, layer->data + 6);
    fputs(" > ", p->out);
    packet_print_mac(p->out, layer->data);
    packet_print_ethertype(p->out, "ethertype", layer->next);
    return true;
}

static bool print_vlan(struct packet_printer *p, const struct packet_layer *layer)
{
    uint16_t tci;

    if (layer->truncated)
        return false;
    tci = get_be16(layer->data);
    packet_separator(p);
    fprintf(p->out, "vlan %u p %u%s", tci & 0xfffu, tci >> 13, tci & 0x1000 ? " DEI" : "");
    packet_print_ethertype(p->out, "ethertype", layer->next);
    return true;
}

static bool print_gre(struct packet_printer *p, const struct packet_layer *layer)
{
    uint32_t key;
    uint16_t flags;

    if (layer->header < 4)
        return false;
    flags = get_be16(layer->data);
    key = flags & 0x8000 ? 8 : 4;
    fprintf(p->out, " gre [%s%s%s]", flags & 0x8000 ? "C" : "", flags & 0x2000 ? "K" : "",
            flags & 0x1000 ? "S" : "");
    /* Of another version's header only the beginning is known. */
    if (flags & 0x2000 && layer->header >= key + 4)
        fprintf(p->out, " key 0x%" PRIx32, get_be32(layer->data + key));
    packet_print_ethertype(p->out, "proto", layer->next);
    packet_begin_tunnel(p);
    return !layer->truncated;
}

static bool print_udp(struct packet_printer *p, const struct packet_layer *layer)
{
    uint16_t len;

    if (layer->truncated)
        return false;
    len = get_be16(layer->data + 4);
    fprintf(p->out, " len %u", len < 8 ? 0 : len - 8);
    return true;
}

static bool print_icmp(struct packet_printer *p, const struct packet_layer *layer)
{
    if (layer->header >= 2)
        fprintf(p->out, " type %u code %u", layer->data[0], layer->data[1]);
    return !layer->truncated;
}

static bool print_vxlan(struct packet_printer *p, const struct packet_layer *layer)
{
    if (layer->truncated)
        return false;
    fprintf(p->out, " vxlan [%s] vni 0x%" PRIx32, layer->data[0] & 8 ? "I" : "",
            get_be24(layer->data + 4));
    packet_begin_tunnel(p);
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

static bool print_geneve(struct packet_printer *p, const struct packet_layer *layer)
{
    if (layer->header < 8)
        return false;
    fprintf(p->out, " geneve [%s%s] vni 0x%" PRIx32, layer->data[1] & 0x80 ? "O" : "",
            layer->data[1] & 0x40 ? "C" : "", get_be24(layer->data + 4));
    if (p->flags & PACKET_PRINT_LINK)
        packet_print_ethertype(p->out, "proto", layer->next);
    print_geneve_options(p->out, layer);
    packet_begin_tunnel(p);
    return !layer->truncated;
}

/* What announced it tells what its number is. */
static bool print_other(struct packet_printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];
    enum packet_layer_type before = i ? packet->layers[i - 1].type : PACKET_NONE;

    if (layer->caplen == 0 && i == 0)
        return false;
    switch (before) {
    case PACKET_IPV4:
    case PACKET_IPV6:
    case PACKET_AH:
        packet_not_supported(p, "protocol", layer->number);
        return true;
    default:
        if (layer->number == 0)
            fputs("... (protocol at L3 not known, use 'nstrail export')", p->out);
        else if (layer->number < 0x600)
            packet_not_supported(p, "LLC frame of length", layer->number);
        else
            packet_not_supported(p, "ethertype", layer->number);
        return true;
    }
}

static bool print_layer(struct packet_printer *p, const struct packet *packet, unsigned i)
{
    const struct packet_layer *layer = &packet->layers[i];

    switch (layer->type) {
    case PACKET_ETHERNET:
        return print_ethernet(p, layer);
    case PACKET_VLAN:
        return print_vlan(p, layer);
    case PACKET_ARP:
        return packet_print_arp(p, layer);
    case PACKET_IPV4:
        return packet_print_ipv4(p, packet, i);
    case PACKET_IPV6:
        return packet_print_ipv6(p, packet, i);
    case PACKET_AH:
        return packet_print_ah(p, layer);
    case PACKET_ESP:
        return packet_print_esp(p, layer);
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
    struct packet_printer p = {out, flags, tunnel_separator, "", false};
    bool whole = true;
    bool ip_seen = false;

    for (unsigned i = 0; i < packet->count && whole; i++) {
        enum packet_layer_type type = packet->layers[i].type;

        if (type == PACKET_IPV4 || type == PACKET_IPV6) {
            if (ip_seen)
                packet_begin_tunnel(&p);
            ip_seen = true;
        }
        whole = print_layer(&p, packet, i);
    }
    if (!whole) {
        if (p.in_tunnel)
            packet_separator(&p);
        fputs("... (truncated or incomplete packet)", out);
    } else if (packet->count == PACKET_LAYERS_MAX) {
        fputs("... (too many headers)", out);
    }
}
