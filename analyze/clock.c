/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/clock.h"

#include <inttypes.h>
#include <string.h>

#include "analyze/digits.h"
#include "analyze/when.h"

#define NS_PER_S 1000000000u

bool clock_style_named(const char *letters, enum clock_style *style)
{
    static const struct {
        const char *letters;
        enum clock_style style;
    } styles[] = {
        {"a", CLOCK_STYLE_LOCAL},
        {"ad", CLOCK_STYLE_LOCAL_DATE},
        {"d", CLOCK_STYLE_DELTA},
        {"dd", CLOCK_STYLE_DELTA},
        {"e", CLOCK_STYLE_EPOCH},
        {"r", CLOCK_STYLE_RELATIVE},
        {"u", CLOCK_STYLE_UTC},
        {"ud", CLOCK_STYLE_UTC_DATE},
    };

    for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
        if (strcmp(letters, styles[i].letters))
            continue;
        *style = styles[i].style;
        return true;
    }
    return false;
}

static void print_seconds(FILE *out, uint64_t ns)
{
    fprintf(out, "%" PRIu64 ".%09u", ns / NS_PER_S, (unsigned)(ns % NS_PER_S));
}

/* Clocks of several hosts, and one that was set, can have an event before the other. */
static void print_difference(FILE *out, uint64_t ns, uint64_t since_ns)
{
    if (ns < since_ns)
        putc('-', out);
    print_seconds(out, ns < since_ns ? since_ns - ns : ns - since_ns);
}

static void print_day_and_time(enum clock_style style, FILE *out, uint64_t time_ns)
{
    char text[WHEN_TEXT_MAX];
    bool local = style == CLOCK_STYLE_LOCAL || style == CLOCK_STYLE_LOCAL_DATE;
    bool date = style == CLOCK_STYLE_LOCAL_DATE || style == CLOCK_STYLE_UTC_DATE;

    when_format_retis(time_ns, local, text);
    fputs(date ? text : strchr(text, ' ') + 1, out);
}

/* The time of day may be set between two events, CLOCK_MONOTONIC cannot. */
static uint64_t comparable(const struct clock_printer *clock, uint64_t ts_ns, uint64_t time_ns)
{
    return clock->several ? time_ns : ts_ns;
}

void clock_print_aside(const struct clock_printer *clock, FILE *out, uint64_t ts_ns,
                       uint64_t time_ns)
{
    uint64_t now_ns = comparable(clock, ts_ns, time_ns);

    switch (clock->style) {
    case CLOCK_STYLE_MONOTONIC:
        digits_decimal(out, ts_ns);
        break;
    case CLOCK_STYLE_EPOCH:
        print_seconds(out, time_ns);
        break;
    case CLOCK_STYLE_RELATIVE:
        print_difference(out, time_ns, clock->first_ns);
        break;
    case CLOCK_STYLE_DELTA:
        print_difference(out, now_ns, clock->begun ? clock->previous_ns : now_ns);
        break;
    default:
        print_day_and_time(clock->style, out, time_ns);
    }
}

void clock_print(struct clock_printer *clock, FILE *out, uint64_t ts_ns, uint64_t time_ns)
{
    clock_print_aside(clock, out, ts_ns, time_ns);
    clock->begun = true;
    clock->previous_ns = comparable(clock, ts_ns, time_ns);
}
