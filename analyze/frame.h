/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An event's packet bytes as a link-layer frame, the way tcpdump would have shown them. */
#ifndef NST_ANALYZE_FRAME_H
#define NST_ANALYZE_FRAME_H

#include "format/nstrail.h"

#define FRAME_ETHERNET_BYTES 14
#define FRAME_VLAN_BYTES     4

#define FRAME_UNKNOWN_ETHERTYPE 0xffff /* reserved (RFC 1701): nobody takes it for another */

/* Room for the longest frame: a packet, an Ethernet header made for it and a VLAN tag. */
#define FRAME_MAX (NST_MAX_SNAPLEN + FRAME_ETHERNET_BYTES + FRAME_VLAN_BYTES)

struct frame {
    const uint8_t *data; /* the event's own bytes, or those in the caller's buffer */
    uint32_t caplen;
    uint32_t len;
    bool l3; /* data begins at the network header */
};

enum frame_want {
    FRAME_ANY,     /* as it begins, the VLAN tag put back into an Ethernet header */
    FRAME_ETHERNET /* in front of a packet that begins at L3 an Ethernet header of zeros, with
                      the VLAN tag and the right ethertype, or FRAME_UNKNOWN_ETHERTYPE */
};

/* The ethertype of a packet that begins at its network header; 0: its bytes do not tell. */
uint16_t frame_l3_ethertype(const uint8_t *data, uint32_t caplen);

/* False: the event has no packet bytes. buffer: at least FRAME_MAX bytes. */
bool frame_get(const struct nst_event *event, enum frame_want want, uint8_t *buffer,
               struct frame *frame);

#endif
