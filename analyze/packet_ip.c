/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of IPv4 and IPv6 headers, and of IPsec's. */
#include "config.h"

#include <inttypes.h>
#include <sys/socket.h>

#include "analyze/be.h"
#include "analyze/packet_printer.h"

static const struct packet_number protocol_names[] = {
    {1, "ICMP"},  {2, "IGMP"},   {4, "IPIP"},   {6, "TCP"},    {17, "UDP"},       {27, "RDP"},
    {33, "DCCP"}, {41, "IPv6"},  {47, "GRE"},   {50, "ESP"},   {51, "AH"},        {58, "ICMPv6"},
    {89, "OSPF"}, {112, "VRRP"}, {115, "L2TP"}, {132, "SCTP"}, {143, "Ethernet"}, {0, NULL},
};

static const struct packet_number extension_names[] = {
    {43, "Ipv6Route"},       {44, "Ipv6Frag"}, {51, "Ah"},     {60, "Ipv6Opts"},
    {135, "MobilityHeader"}, {139, "Hip"},     {140, "Shim6"}, {0, "Hopopt"},
};

/* By the number in the option's lower five bits, as RFC 791 counts them. */
static const struct packet_number option_names[] = {
    {1, "NOP"}, {2, "SEC"}, {3, "LSRR"}, {4, "TS"},  {5, "ESEC"}, {6, "CIPSO"},
    {7, "RR"},  {8, "SID"}, {9, "SSRR"}, {20, "RA"}, {0, NULL},
};

static void print_protocol(FILE *out, uint16_t protocol)
{
    const char *name = packet_number_name(protocol_names, protocol);

    fprintf(out, " proto %s%s(%u)", name ? name : "", name ? " " : "", protocol);
}

static void print_addresses(struct packet_printer *p, const struct packet *packet, unsigned i,
                            int family, const uint8_t *src, const uint8_t *dst)
{
    uint16_t sport, dport;
    bool ports = packet_ports(packet, i, &sport, &dport);

    packet_separator(p);
    packet_print_address(p->out, family, src);
    if (ports)
        fprintf(p->out, ".%u", sport);
    fputs(" > ", p->out);
    packet_print_address(p->out, family, dst);
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
        const char *name = packet_number_name(option_names, option & 31);
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

bool packet_print_ipv4(struct packet_printer *p, const struct packet *packet, unsigned i)
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
        fprintf(out, "%s%s", before, packet_number_name(extension_names, ext.number));
        before = ",";
    }
    if (*before == ',')
        fputs("]", out);
}

bool packet_print_ipv6(struct packet_printer *p, const struct packet *packet, unsigned i)
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

bool packet_print_ah(struct packet_printer *p, const struct packet_layer *layer)
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

bool packet_print_esp(struct packet_printer *p, const struct packet_layer *layer)
{
    if (layer->truncated)
        return false;
    fprintf(p->out, " spi 0x%08" PRIx32 " seq 0x%" PRIx32, get_be32(layer->data),
            get_be32(layer->data + 4));
    return true;
}
