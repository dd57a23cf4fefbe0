/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/hop.h"

bool hop_add(struct hop_trail *trail, const struct hop_event *event, struct hop_stay *finished)
{
    bool moved = trail->stays && trail->open.netns != event->netns;

    if (!event->netns)
        return false;
    if (moved)
        *finished = trail->open;
    if (moved || !trail->stays) {
        trail->open = (struct hop_stay){
            .netns = event->netns,
            .entered_ts_ns = event->ts_ns,
            .entered_clock_ns = event->clock_ns,
            .first_event = event->id,
        };
        trail->stays++;
    }
    if (moved) {
        trail->open.prev_netns = finished->netns;
        trail->open.latency_ns = (int64_t)(event->clock_ns - finished->left_clock_ns);
    }
    trail->open.left_clock_ns = event->clock_ns;
    trail->open.events++;
    return moved;
}
