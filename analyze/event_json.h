/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as Retis stores them: one JSON object a line, which its own commands read. */
#ifndef NST_ANALYZE_EVENT_JSON_H
#define NST_ANALYZE_EVENT_JSON_H

#include <stdio.h>

#include "analyze/frame.h"
#include "analyze/input.h"

struct event_json {
    FILE *out;
    bool hosts; /* several captures are printed: say whose each event is, which Retis ignores */
    bool names; /* likewise, of namespaces */
    const struct input *in;
    uint8_t frame[FRAME_MAX];
};

/* Retis's start-up event, which its reader wants first. */
void event_json_startup(struct event_json *p, const struct input_file *file);
void event_json_print(struct event_json *p, const struct input_event *event);

#endif
