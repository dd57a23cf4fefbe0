/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/frame.h"

#include <string.h>

#include "analyze/be.h"

#define MAC_ADDRESSES_BYTES 12

uint16_t frame_l3_ethertype(const uint8_t *data, uint32_t caplen)
{
    /* ARP over Ethernet for IPv4: hardware 1, protocol 0x0800, addresses of 6 and 4 bytes. */
    static const uint8_t arp[] = {0, 1, 8, 0, 6, 4};

    if (caplen >= sizeof(arp) && memcmp(data, arp, sizeof(arp)) == 0)
        return 0x0806;
    switch (caplen ? data[0] >> 4 : 0) {
    case 4:
        return 0x0800;
    case 6:
        return 0x86dd;
    default:
        return 0;
    }
}

static uint8_t *put_vlan(uint8_t *to, const struct nst_event *event)
{
    put_be16(to, event->vlan_proto);
    put_be16(to + 2, event->vlan_tci);
    return to + FRAME_VLAN_BYTES;
}

/* Copies the rest of the event's bytes to where the header made in buffer ends. */
static void finish(const struct nst_event *event, uint32_t skip, uint8_t *buffer, uint8_t *end,
                   struct frame *frame)
{
    uint32_t header = (uint32_t)(end - buffer);

    memcpy(end, event->packet + skip, event->caplen_bytes - skip);
    frame->data = buffer;
    frame->caplen = header + event->caplen_bytes - skip;
    frame->len = header + event->len_bytes - skip;
    frame->l3 = false;
}

bool frame_get(const struct nst_event *event, enum frame_want want, uint8_t *buffer,
               struct frame *frame)
{
    bool l3 = event->flags & NST_EVENT_L3;
    uint8_t *end = buffer;
    uint16_t ethertype;

    if (!event->packet || event->caplen_bytes == 0 || event->caplen_bytes > NST_MAX_SNAPLEN)
        return false;

    if (l3 && want == FRAME_ETHERNET) {
        memset(end, 0, MAC_ADDRESSES_BYTES);
        end += MAC_ADDRESSES_BYTES;
        if (event->vlan_proto)
            end = put_vlan(end, event);
        ethertype = frame_l3_ethertype(event->packet, event->caplen_bytes);
        put_be16(end, ethertype ? ethertype : FRAME_UNKNOWN_ETHERTYPE);
        finish(event, 0, buffer, end + 2, frame);
    } else if (!l3 && event->vlan_proto && event->caplen_bytes >= MAC_ADDRESSES_BYTES) {
        memcpy(end, event->packet, MAC_ADDRESSES_BYTES);
        end = put_vlan(end + MAC_ADDRESSES_BYTES, event);
        finish(event, MAC_ADDRESSES_BYTES, buffer, end, frame);
    } else {
        *frame = (struct frame){
            .data = event->packet,
            .caplen = event->caplen_bytes,
            .len = event->len_bytes,
            .l3 = l3,
        };
    }
    return true;
}
