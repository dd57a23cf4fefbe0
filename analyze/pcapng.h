/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes pcapng, as draft-ietf-opsawg-pcapng has it, little-endian whatever the host is. Only
 * what tcpdump, Wireshark and its tools agree on is written, in the order that all of them
 * take: the section, all interfaces, packets, statistics.
 */
#ifndef NST_ANALYZE_PCAPNG_H
#define NST_ANALYZE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#include "analyze/stream.h"

#define PCAPNG_LINKTYPE_ETHERNET 1
#define PCAPNG_LINKTYPE_RAW      101 /* begins with an IPv4 or IPv6 header */

/* epb_flags' direction. */
enum pcapng_direction {
    PCAPNG_DIRECTION_UNKNOWN = 0,
    PCAPNG_DIRECTION_IN = 1,
    PCAPNG_DIRECTION_OUT = 2,
};

/* epb_flags' bits about the packet's checksum and segments. */
#define PCAPNG_CHECKSUM_NOT_READY (1u << 9)
#define PCAPNG_CHECKSUM_VALID     (1u << 10)
#define PCAPNG_TCP_OFFLOADED      (1u << 11)

/* No option's text may be longer. */
#define PCAPNG_TEXT_MAX 8192

/* A text may be NULL: left out. */
struct pcapng_section {
    const char *hardware;
    const char *os;
    const char *application;
};

struct pcapng_interface {
    uint16_t linktype;
    uint32_t snaplen;
    const char *name;
    const char *description;
};

struct pcapng_packet {
    uint32_t interface;
    uint64_t time_ns; /* since 1970 */
    const uint8_t *data;
    uint32_t caplen;
    uint32_t len;
    enum pcapng_direction direction;
    uint32_t offload; /* PCAPNG_CHECKSUM_ and the like */
    uint64_t id;      /* 0: left out */
    uint64_t dropped; /* packets lost since the one before; 0: left out */
};

struct pcapng_statistics {
    uint32_t interface;
    uint64_t first_ns, last_ns;
    uint64_t received;
    uint64_t dropped; /* not among those; 0: left out */
};

void pcapng_section(struct stream *out, const struct pcapng_section *section);
void pcapng_interface(struct stream *out, const struct pcapng_interface *interface);

/* A packet, all but its comment. caplen: at most FRAME_MAX. Answers where to write the comment, up
 * to PCAPNG_TEXT_MAX bytes. */
char *pcapng_packet(struct stream *out, const struct pcapng_packet *packet);
void pcapng_comment(struct stream *out, char *comment, size_t length);

void pcapng_statistics(struct stream *out, const struct pcapng_statistics *statistics);

#endif
