/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as Retis prints them, see accepted.print.txt in the tests. */
#ifndef NST_ANALYZE_EVENT_TEXT_H
#define NST_ANALYZE_EVENT_TEXT_H

#include <stdio.h>

#include "analyze/clock.h"
#include "analyze/frame.h"
#include "analyze/input.h"

struct event_text_style {
    bool single_line;
    bool link_layer; /* Ethernet headers too */
    bool names;      /* of namespaces, in a column of their own */
    bool hosts;      /* of the recording hosts likewise: several captures are printed */
    unsigned hex;    /* how often -x was given: once, the packet's bytes; more often, those of its
                        link-layer header too */
    unsigned ascii;  /* likewise -X, which comes before it */
};

struct event_text {
    FILE *out;
    struct event_text_style style;
    struct clock_printer clock;
    const struct input *in;
    uint8_t frame[FRAME_MAX];
};

/* How the file came about. */
void event_text_startup(struct event_text *p, const struct input_file *file);
void event_text_print(struct event_text *p, const struct input_event *event);

#endif
