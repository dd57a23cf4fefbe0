/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ways in which print shows when an event was: tshark's -t, and CLOCK_MONOTONIC. */
#ifndef NST_ANALYZE_CLOCK_H
#define NST_ANALYZE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum clock_style {
    CLOCK_STYLE_MONOTONIC, /* as recorded, and as Retis prints it */
    CLOCK_STYLE_LOCAL,
    CLOCK_STYLE_LOCAL_DATE,
    CLOCK_STYLE_DELTA, /* from the event printed before */
    CLOCK_STYLE_EPOCH,
    CLOCK_STYLE_RELATIVE, /* to first_ns */
    CLOCK_STYLE_UTC,
    CLOCK_STYLE_UTC_DATE,
};

/* Zeros are a good beginning. */
struct clock_printer {
    enum clock_style style;
    uint64_t first_ns; /* since 1970, for CLOCK_STYLE_RELATIVE */
    bool several;      /* captures: only the time of day compares their events */
    bool begun;        /* previous_ns is an event's */
    uint64_t previous_ns;
};

/* By tshark's letters; false: there is no such style. */
bool clock_style_named(const char *letters, enum clock_style *style);

/* Of an event: ts_ns is CLOCK_MONOTONIC's, time_ns counts from 1970. */
void clock_print(struct clock_printer *clock, FILE *out, uint64_t ts_ns, uint64_t time_ns);
/* The same for a time that no event has. */
void clock_print_aside(const struct clock_printer *clock, FILE *out, uint64_t ts_ns,
                       uint64_t time_ns);

#endif
