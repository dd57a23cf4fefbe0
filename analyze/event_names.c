/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/event_names.h"

#include <string.h>

#include "analyze/inventory_label.h"
#include "analyze/inventory_owner.h"
#include "analyze/packet.h"

static void find_owners(const struct inventory *inv, const struct input_event *e,
                        const struct nst_netns *netns, const struct frame *frame,
                        struct event_names *names)
{
    struct packet packet;
    struct packet_flow flow;
    struct nst_octets src = {0}, dst = {0};

    packet_decode(frame, &packet);
    packet_flow(&packet, &flow);
    src.len = dst.len = flow.family == 6 ? 16 : flow.family == 4 ? 4 : 0;
    if (!src.len)
        return;
    memcpy(src.data, flow.src, src.len);
    memcpy(dst.data, flow.dst, dst.len);
    names->src = inventory_owner(inv, &src, netns, e->event->ts_ns);
    names->dst = inventory_owner(inv, &dst, netns, e->event->ts_ns);
}

void event_names_find(const struct input *in, const struct input_event *e, uint8_t room[FRAME_MAX],
                      struct event_names *names)
{
    const struct inventory *inv = input_known(in, e->file->index);
    const struct nst_netns *netns = NULL;
    struct frame frame;

    *names = (struct event_names){0};
    if (e->event->netns != NST_NONE)
        netns = &e->block->netns[e->event->netns];
    if (netns)
        names->netns = inventory_label(inv, netns, e->event->ts_ns);
    if (frame_get(e->event, FRAME_ANY, room, &frame))
        find_owners(inv, e, netns, &frame, names);
}
