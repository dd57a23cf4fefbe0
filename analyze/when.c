/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/duration.h"

#define NS_PER_S         UINT64_C(1000000000)
#define MONOTONIC_DIGITS 12

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly so many digits. */
static bool read_digits(const char **text, unsigned count, int *value)
{
    *value = 0;
    for (; count; count--, (*text)++) {
        if (!is_digit(**text))
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* "Z", "+01:00" or "-01:00", and nothing after it. */
static bool read_zone(const char **text, int *seconds)
{
    int sign, hours, minutes;

    if (**text == 'Z' || **text == 'z') {
        *seconds = 0;
        return !*++*text;
    }
    if (**text != '+' && **text != '-')
        return false;
    sign = *(*text)++ == '-' ? -1 : 1;
    if (!read_digits(text, 2, &hours) || *(*text)++ != ':' || !read_digits(text, 2, &minutes) ||
        hours > 23 || minutes > 59 || **text)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool is_of_day(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) && text[2] == ':';
}

static const char *parse_of_day(const char *text, uint64_t *ns)
{
    static const char form[] = "no time of day as in 12:00 or 12:00:00.5";
    int hour, minute, second = 0;
    uint64_t fraction = 0;

    if (!read_digits(&text, 2, &hour) || *text++ != ':' || !read_digits(&text, 2, &minute))
        return form;
    if (*text && (*text++ != ':' || !read_digits(&text, 2, &second) ||
                  !nst_fraction_parse(&text, &fraction) || *text))
        return form;
    if (hour > 23 || minute > 59 || second > 60)
        return "there is no such time of day";
    *ns = (uint64_t)(hour * 3600 + minute * 60 + second) * NS_PER_S + fraction;
    return NULL;
}

static const char *parse_rfc3339(const char *text, uint64_t *ns)
{
    static const char form[] =
        "no time as in 2026-01-31T12:00:00.5Z, 12:00:00.5, 1769860800.5, +5 or -10m";
    struct tm tm = {0};
    uint64_t fraction;
    bool blank;
    int zone = 0;
    time_t seconds;

    if (!read_digits(&text, 4, &tm.tm_year) || *text++ != '-' ||
        !read_digits(&text, 2, &tm.tm_mon) || *text++ != '-' ||
        !read_digits(&text, 2, &tm.tm_mday) || !*text || !strchr("Tt ", *text))
        return form;
    blank = *text++ == ' ';
    if (!read_digits(&text, 2, &tm.tm_hour) || *text++ != ':' ||
        !read_digits(&text, 2, &tm.tm_min) || *text++ != ':' ||
        !read_digits(&text, 2, &tm.tm_sec) || !nst_fraction_parse(&text, &fraction))
        return form;
    /* Without a zone it is what print --utc shows, which has a blank. */
    if (!*text && !blank)
        return "a date needs Z or an offset such as +01:00 at its end";
    if (*text && !read_zone(&text, &zone))
        return form;
    /* A leap second is as good as the second after it. */
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
        tm.tm_mday > days_in_month(tm.tm_year, tm.tm_mon) || tm.tm_hour > 23 || tm.tm_min > 59 ||
        tm.tm_sec > 60)
        return "there is no such date or time of day";
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    seconds = timegm(&tm) - zone;
    if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / NS_PER_S - 1)
        return "out of range";
    *ns = (uint64_t)seconds * NS_PER_S + fraction;
    return NULL;
}

/* Seconds since 1970 reach 12 digits in the year 5138; nanoseconds since a host's start do in
 * its second minute. */
static bool is_monotonic(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits &&
           ((digits >= MONOTONIC_DIGITS && !text[digits]) || !strcmp(text + digits, "ns"));
}

static const char *parse_monotonic(const char *text, uint64_t *ns)
{
    errno = 0;
    *ns = strtoull(text, NULL, 10);
    return errno ? "out of range" : NULL;
}

/* The words that netns has in its columns, for times without a bound. False: it is none of them. */
static bool parse_word(const char *text, uint64_t *ns)
{
    if (!strcmp(text, "start"))
        *ns = 0;
    else if (!strcmp(text, "end"))
        *ns = UINT64_MAX;
    else
        return false;
    return true;
}

const char *when_parse(const char *text, struct when *when)
{
    struct when parsed = {.given = true,
                          .relative = *text == '+',
                          .from_end = *text == '-',
                          .of_day = is_of_day(text),
                          .monotonic = is_monotonic(text)};
    const char *wrong;

    if (parse_word(text, &parsed.ns))
        wrong = NULL;
    else if (parsed.relative || parsed.from_end)
        wrong = nst_duration_parse(text + 1, &parsed.ns);
    else if (parsed.of_day)
        wrong = parse_of_day(text, &parsed.ns);
    else if (parsed.monotonic)
        wrong = parse_monotonic(text, &parsed.ns);
    else if (!is_digit(*text) || text[strspn(text, "0123456789.")])
        wrong = parse_rfc3339(text, &parsed.ns);
    else
        wrong = nst_duration_parse(text, &parsed.ns);
    if (!wrong)
        *when = parsed;
    return wrong;
}

uint64_t when_of_day(uint64_t of_day_ns, uint64_t moment_ns)
{
    time_t moment = (time_t)(moment_ns / NS_PER_S), then;
    int second = (int)(of_day_ns / NS_PER_S);
    struct tm tm;

    localtime_r(&moment, &tm);
    tm.tm_hour = second / 3600;
    tm.tm_min = second / 60 % 60;
    tm.tm_sec = second % 60;
    /* Clocks may be put forward or back between the two. */
    tm.tm_isdst = -1;
    then = mktime(&tm);
    return then < 0 ? 0 : (uint64_t)then * NS_PER_S + of_day_ns % NS_PER_S;
}

static struct tm day_and_time(uint64_t ns, bool local)
{
    time_t seconds = (time_t)(ns / NS_PER_S);
    struct tm tm;

    if (local)
        localtime_r(&seconds, &tm);
    else
        gmtime_r(&seconds, &tm);
    tm.tm_year += 1900;
    tm.tm_mon += 1;
    return tm;
}

void when_format(uint64_t ns, char text[WHEN_TEXT_MAX])
{
    struct tm tm = day_and_time(ns, false);

    snprintf(text, WHEN_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", tm.tm_year, tm.tm_mon,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ns % NS_PER_S));
}

void when_format_retis(uint64_t ns, bool local, char text[WHEN_TEXT_MAX])
{
    struct tm tm = day_and_time(ns, local);

    snprintf(text, WHEN_TEXT_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%06u", tm.tm_year, tm.tm_mon,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ns % NS_PER_S / 1000));
}
