/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people called the namespaces that an event has to do with, at that moment. */
#ifndef NST_ANALYZE_EVENT_NAMES_H
#define NST_ANALYZE_EVENT_NAMES_H

#include "analyze/frame.h"
#include "analyze/input.h"

/* NULL: not known. Valid until the input goes on. */
struct event_names {
    const char *netns;     /* where it happened */
    const char *src, *dst; /* whose the packet's outermost addresses were */
};

/* frame: room to put the packet together in. */
void event_names_find(const struct input *in, const struct input_event *event,
                      uint8_t frame[FRAME_MAX], struct event_names *names);

#endif
