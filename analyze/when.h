/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times as people give them. Pure, but for the local time zone. */
#ifndef NST_ANALYZE_WHEN_H
#define NST_ANALYZE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

struct when {
    bool given;
    bool relative;  /* ns counts from the first event */
    bool from_end;  /* it counts back from the last event */
    bool of_day;    /* ns is a time of day, counted from midnight: see when_of_day() */
    bool monotonic; /* ns is CLOCK_MONOTONIC's; if none of these, it counts from 1970 */
    uint64_t ns;
};

/* RFC 3339 ("2026-01-31T12:00:00.5Z"), seconds since 1970 with a fraction, "+DURATION" from the
 * first event, "-DURATION" before the last one, or one of the forms that print shows: "2026-01-31
 * 12:00:00.500000" in UTC, "12:00:00.500000" or "12:00", and nanoseconds of CLOCK_MONOTONIC, which
 * are 12 digits or more, or any number with "ns" behind it; "start" is before all times, "end"
 * after them. NULL, or what is wrong with it. */
const char *when_parse(const char *text, struct when *when);

/* When it was that time of day, in local time, on the day of that moment; both since 1970. */
uint64_t when_of_day(uint64_t of_day_ns, uint64_t moment_ns);

/* ns since 1970 as RFC 3339 in UTC with nine decimals: 30 characters, and room for whatever the
 * compiler thinks an int could need. */
#define WHEN_TEXT_MAX 96
void when_format(uint64_t ns, char text[WHEN_TEXT_MAX]);
/* As Retis writes it, in UTC or the local time: "2026-01-31 12:00:00.500000". */
void when_format_retis(uint64_t ns, bool local, char text[WHEN_TEXT_MAX]);

#endif
