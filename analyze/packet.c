/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The walk from one header to the next. Each protocol has one function that measures its own
 * header, says what it announces, and answers the type of the layer behind it.
 */
#include "config.h"

#include "analyze/packet.h"

#include <string.h>

#include "analyze/be.h"
#include "analyze/packet_internal.h"

#define TEB 0x6558 /* transparent Ethernet bridging: an Ethernet frame follows */

struct number_type {
    uint16_t number;
    enum packet_layer_type type;
};

static const struct number_type ethertypes[] = {
    {0x0800, PACKET_IPV4}, {0x0806, PACKET_ARP},  {0x8035, PACKET_ARP},  {0x86dd, PACKET_IPV6},
    {0x8100, PACKET_VLAN}, {0x88a8, PACKET_VLAN}, {0x9100, PACKET_VLAN}, {0, PACKET_OTHER},
};

/* In tunnels. */
static const struct number_type tunnelled[] = {
    {TEB, PACKET_ETHERNET},
    {0x0800, PACKET_IPV4},
    {0x86dd, PACKET_IPV6},
    {0, PACKET_OTHER},
};

static const struct number_type ip_protocols[] = {
    {1, PACKET_ICMP},    {4, PACKET_IPV4},   {6, PACKET_TCP},   {17, PACKET_UDP},
    {41, PACKET_IPV6},   {47, PACKET_GRE},   {50, PACKET_ESP},  {51, PACKET_AH},
    {58, PACKET_ICMPV6}, {132, PACKET_SCTP}, {0, PACKET_OTHER},
};

/* 8472 is what Linux took before the assignment, and what flannel and Cilium still use. */
static const struct number_type udp_ports[] = {
    {4789, PACKET_VXLAN},
    {8472, PACKET_VXLAN},
    {6081, PACKET_GENEVE},
    {0, PACKET_NONE},
};

/* The tables end with 0, which stands for every number that they do not hold. */
static enum packet_layer_type find(const struct number_type *table, uint16_t number)
{
    while (table->number && table->number != number)
        table++;
    return table->type;
}

/* Takes a header of that many bytes. False: it is cut short, which ends the walk. */
static bool take(struct packet_layer *layer, uint32_t bytes)
{
    layer->truncated = bytes > layer->caplen;
    layer->header = layer->truncated ? layer->caplen : bytes;
    return !layer->truncated;
}

/* What lies behind the length that the header states is the link layer's padding. */
static void trim(struct packet_layer *layer, uint32_t stated)
{
    if (stated < layer->len)
        layer->len = stated;
    if (stated < layer->caplen)
        layer->caplen = stated;
}

static enum packet_layer_type parse_ethernet(struct packet_layer *layer)
{
    if (!take(layer, FRAME_ETHERNET_BYTES))
        return PACKET_NONE;
    layer->next = get_be16(layer->data + 12);
    return find(ethertypes, layer->next);
}

static enum packet_layer_type parse_vlan(struct packet_layer *layer)
{
    if (!take(layer, FRAME_VLAN_BYTES))
        return PACKET_NONE;
    layer->next = get_be16(layer->data + 2);
    return find(ethertypes, layer->next);
}

static enum packet_layer_type parse_arp(struct packet_layer *layer)
{
    if (take(layer, 8))
        take(layer, 8 + 2u * layer->data[4] + 2u * layer->data[5]);
    return PACKET_NONE;
}

static enum packet_layer_type parse_ipv4(struct packet_layer *layer)
{
    uint32_t header, total;

    if (!take(layer, 20))
        return PACKET_NONE;
    header = (layer->data[0] & 15) * 4u;
    total = get_be16(layer->data + 2);
    layer->next = layer->data[9];
    layer->fragment = (get_be16(layer->data + 6) & 0x1fff) != 0;
    if (header < 20) {
        layer->truncated = true;
        return PACKET_NONE;
    }
    /* 0: longer than the field can say (BIG TCP), or not filled in yet. */
    if (total)
        trim(layer, total > header ? total : header);
    if (!take(layer, header) || layer->fragment)
        return PACKET_NONE;
    return find(ip_protocols, layer->next);
}

/* The bytes of an extension header; 0: this is none. data has at least 2 bytes. */
static uint32_t extension_bytes(uint8_t number, const uint8_t *data)
{
    switch (number) {
    case 0:   /* hop-by-hop options */
    case 43:  /* routing */
    case 60:  /* destination options */
    case 135: /* mobility */
    case 139: /* host identity */
    case 140: /* shim6 */
        return (data[1] + 1u) * 8;
    case 44: /* fragment */
        return 8;
    case 51: /* authentication: counts in 4 bytes, unlike the others */
        return (data[1] + 2u) * 4;
    default:
        return 0;
    }
}

void ipv6_extensions_begin(const struct packet_layer *layer, struct ipv6_extension *ext)
{
    *ext = (struct ipv6_extension){.next = layer->data[6], .offset = 40};
}

bool ipv6_extensions_next(const struct packet_layer *layer, struct ipv6_extension *ext)
{
    static const uint8_t nothing[2];
    uint32_t left = layer->caplen - ext->offset;
    const uint8_t *data = layer->data + ext->offset;
    uint32_t bytes;

    if (ext->fragment)
        return false;
    bytes = extension_bytes(ext->next, left < 2 ? nothing : data);
    if (bytes == 0)
        return false;
    if (left < bytes) {
        ext->truncated = true;
        return false;
    }
    ext->fragment = ext->next == 44 && get_be16(data + 2) >> 3 != 0;
    ext->number = ext->next;
    ext->next = data[0];
    ext->offset += bytes;
    return true;
}

static enum packet_layer_type parse_ipv6(struct packet_layer *layer)
{
    struct ipv6_extension ext;
    uint32_t payload;

    if (!take(layer, 40))
        return PACKET_NONE;
    payload = get_be16(layer->data + 4);
    /* 0: a jumbogram (BIG TCP), or not filled in yet. */
    if (payload)
        trim(layer, 40 + payload);
    ipv6_extensions_begin(layer, &ext);
    while (ipv6_extensions_next(layer, &ext))
        ;
    layer->next = ext.next;
    layer->fragment = ext.fragment;
    layer->header = ext.truncated ? layer->caplen : ext.offset;
    layer->truncated = ext.truncated;
    if (layer->truncated || layer->fragment || layer->next == IPPROTO_NUMBER_NONE)
        return PACKET_NONE;
    return find(ip_protocols, layer->next);
}

static enum packet_layer_type parse_ah(struct packet_layer *layer)
{
    if (!take(layer, 12) || !take(layer, (layer->data[1] + 2u) * 4))
        return PACKET_NONE;
    if (layer->header < 12) {
        layer->truncated = true;
        return PACKET_NONE;
    }
    layer->next = layer->data[0];
    return find(ip_protocols, layer->next);
}

static enum packet_layer_type parse_esp(struct packet_layer *layer)
{
    take(layer, 8);
    return PACKET_NONE;
}

static enum packet_layer_type parse_gre(struct packet_layer *layer)
{
    uint16_t flags;
    uint32_t bytes = 4;

    if (!take(layer, 4))
        return PACKET_NONE;
    flags = get_be16(layer->data);
    layer->next = get_be16(layer->data + 2);
    if (flags & 0x0007) /* version: 1 is PPTP's */
        return PACKET_OTHER;
    bytes += flags & 0x8000 ? 4 : 0; /* checksum */
    bytes += flags & 0x2000 ? 4 : 0; /* key */
    bytes += flags & 0x1000 ? 4 : 0; /* sequence number */
    return take(layer, bytes) ? find(tunnelled, layer->next) : PACKET_NONE;
}

static enum packet_layer_type parse_tcp(struct packet_layer *layer)
{
    if (take(layer, 20))
        take(layer, (layer->data[12] >> 4) * 4u);
    if (!layer->truncated && layer->header < 20)
        layer->truncated = true;
    return PACKET_NONE;
}

static enum packet_layer_type parse_udp(struct packet_layer *layer)
{
    return take(layer, 8) ? find(udp_ports, get_be16(layer->data + 2)) : PACKET_NONE;
}

/* Type, code and checksum: what follows depends on them and is not taken apart. */
static enum packet_layer_type parse_icmp(struct packet_layer *layer)
{
    take(layer, 4);
    return PACKET_NONE;
}

static enum packet_layer_type parse_sctp(struct packet_layer *layer)
{
    take(layer, 12);
    return PACKET_NONE;
}

static enum packet_layer_type parse_vxlan(struct packet_layer *layer)
{
    return take(layer, 8) ? PACKET_ETHERNET : PACKET_NONE;
}

static enum packet_layer_type parse_geneve(struct packet_layer *layer)
{
    if (!take(layer, 8))
        return PACKET_NONE;
    layer->next = get_be16(layer->data + 2);
    if (!take(layer, 8 + (layer->data[0] & 0x3f) * 4u))
        return PACKET_NONE;
    return find(tunnelled, layer->next);
}

static enum packet_layer_type parse_other(struct packet_layer *layer)
{
    (void)layer;
    return PACKET_NONE;
}

static enum packet_layer_type (*const parsers[])(struct packet_layer *) = {
    [PACKET_ETHERNET] = parse_ethernet, [PACKET_VLAN] = parse_vlan,
    [PACKET_ARP] = parse_arp,           [PACKET_IPV4] = parse_ipv4,
    [PACKET_IPV6] = parse_ipv6,         [PACKET_AH] = parse_ah,
    [PACKET_ESP] = parse_esp,           [PACKET_GRE] = parse_gre,
    [PACKET_TCP] = parse_tcp,           [PACKET_UDP] = parse_udp,
    [PACKET_ICMP] = parse_icmp,         [PACKET_ICMPV6] = parse_icmp,
    [PACKET_SCTP] = parse_sctp,         [PACKET_VXLAN] = parse_vxlan,
    [PACKET_GENEVE] = parse_geneve,     [PACKET_OTHER] = parse_other,
};

void packet_decode(const struct frame *frame, struct packet *packet)
{
    enum packet_layer_type type = PACKET_ETHERNET;
    struct packet_layer next = {.data = frame->data, .caplen = frame->caplen, .len = frame->len};

    if (frame->l3) {
        next.number = frame_l3_ethertype(frame->data, frame->caplen);
        type = find(ethertypes, next.number);
    }
    packet->count = 0;
    while (type && packet->count < PACKET_LAYERS_MAX) {
        struct packet_layer *layer = &packet->layers[packet->count++];

        *layer = next;
        layer->type = type;
        type = parsers[type](layer);
        next = (struct packet_layer){
            .number = layer->next,
            .data = layer->data + layer->header,
            .caplen = layer->caplen - layer->header,
            .len = layer->len > layer->header ? layer->len - layer->header : 0,
        };
    }
}

bool packet_ports(const struct packet *packet, unsigned ip_layer, uint16_t *sport, uint16_t *dport)
{
    const struct packet_layer *layer = &packet->layers[ip_layer + 1];

    if (ip_layer + 1 >= packet->count || layer->caplen < 4)
        return false;
    if (layer->type != PACKET_TCP && layer->type != PACKET_UDP && layer->type != PACKET_SCTP)
        return false;
    *sport = get_be16(layer->data);
    *dport = get_be16(layer->data + 2);
    return true;
}

static bool is_link(const struct packet_layer *layer)
{
    return layer->type == PACKET_ETHERNET || layer->type == PACKET_VLAN;
}

uint32_t packet_link_bytes(const struct packet *packet)
{
    uint32_t bytes = 0;

    for (unsigned i = 0; i < packet->count && is_link(&packet->layers[i]); i++)
        bytes += packet->layers[i].header;
    return bytes;
}

static void flow_ip(const struct packet *packet, unsigned i, struct packet_flow *flow)
{
    const struct packet_layer *layer = &packet->layers[i];
    bool v6 = layer->type == PACKET_IPV6;

    if (layer->caplen < (v6 ? 40 : 20))
        return;
    flow->family = v6 ? 6 : 4;
    flow->protocol = (uint8_t)layer->next;
    memcpy(flow->src, layer->data + (v6 ? 8 : 12), v6 ? 16 : 4);
    memcpy(flow->dst, layer->data + (v6 ? 24 : 16), v6 ? 16 : 4);
    flow->has_ports = packet_ports(packet, i, &flow->sport, &flow->dport);
}

void packet_flow(const struct packet *packet, struct packet_flow *flow)
{
    memset(flow, 0, sizeof(*flow));
    for (unsigned i = 0; i < packet->count; i++) {
        const struct packet_layer *layer = &packet->layers[i];

        if (is_link(layer)) {
            if (!layer->truncated)
                flow->ethertype = layer->next;
            continue;
        }
        if (layer->number)
            flow->ethertype = layer->number;
        if (layer->type == PACKET_IPV4 || layer->type == PACKET_IPV6)
            flow_ip(packet, i, flow);
        return;
    }
}
