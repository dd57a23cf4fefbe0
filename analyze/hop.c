/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/hop.h"

#include <string.h>

bool hop_is_sent(const char *probe_symbol)
{
    return !strcmp(probe_symbol, "net:net_dev_start_xmit");
}

/* Notes where the packet of the open stay came from: the stay before it, unless no device sent it
 * on from there, and one that the latest sender sent has not arrived yet. */
static void come_from(struct hop_trail *trail, const struct hop_stay *before)
{
    struct hop_stay *stay = &trail->open;
    bool sibling = !before->sent && before->netns != trail->sender && trail->unarrived;
    int64_t from = sibling ? trail->sender : before->netns;

    if (from == stay->netns)
        return;
    if (from == trail->sender && trail->unarrived)
        trail->unarrived--;
    stay->prev_netns = from;
    stay->latency_ns = (int64_t)(stay->entered_clock_ns -
                                 (sibling ? trail->sent_clock_ns : before->left_clock_ns));
}

static void send_on(struct hop_trail *trail, const struct hop_event *event)
{
    if (trail->sender != event->netns)
        trail->unarrived = 0;
    trail->open.sent = true;
    trail->sender = event->netns;
    trail->sent_clock_ns = event->clock_ns;
    trail->unarrived++;
}

bool hop_add(struct hop_trail *trail, const struct hop_event *event, struct hop_stay *finished)
{
    bool moved = trail->stays && trail->open.netns != event->netns;

    if (!event->netns)
        return false;
    if (moved)
        *finished = trail->open;
    if (!trail->stays)
        trail->first_netns = event->netns;
    if (moved || !trail->stays) {
        trail->open = (struct hop_stay){
            .netns = event->netns,
            .entered_ts_ns = event->ts_ns,
            .entered_clock_ns = event->clock_ns,
            .first_event = event->id,
        };
        trail->stays++;
    }
    if (moved)
        come_from(trail, finished);
    trail->open.left_clock_ns = event->clock_ns;
    trail->open.events++;
    if (event->sent)
        send_on(trail, event);
    return moved;
}
