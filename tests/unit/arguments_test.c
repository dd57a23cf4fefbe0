/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times as people give them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyze/when.h"
#include "tests/unit/tap.h"

static struct tap tap;

static void good_time(const char *text, bool relative, uint64_t ns)
{
    struct when when = {0};
    const char *wrong = when_parse(text, &when);

    if (!tap_ok(&tap,
                !wrong && when.given && when.relative == relative && !when.monotonic &&
                    when.ns == ns,
                text))
        printf("# %s, %llu ns\n", wrong ? wrong : "accepted", (unsigned long long)when.ns);
}

static void good_from_end(const char *text, uint64_t ns)
{
    struct when when = {0};

    tap_ok(&tap,
           !when_parse(text, &when) && when.from_end && !when.relative && !when.monotonic &&
               when.ns == ns,
           text);
}

static void good_monotonic(const char *text, uint64_t ns)
{
    struct when when = {0};

    tap_ok(&tap, !when_parse(text, &when) && when.given && when.monotonic && when.ns == ns, text);
}

static void good_of_day(const char *text, uint64_t ns)
{
    struct when when = {0};

    tap_ok(&tap,
           !when_parse(text, &when) && when.of_day && !when.relative && !when.monotonic &&
               when.ns == ns,
           text);
}

static void bad_time(const char *text)
{
    struct when when = {0};
    char name[128];

    snprintf(name, sizeof(name), "no time: '%s'", text);
    tap_ok(&tap, when_parse(text, &when) && !when.given, name);
}

static void test_times(void)
{
    good_time("0", false, 0);
    good_time("1700000000", false, 1700000000000000000);
    good_time("1700000000.691042", false, 1700000000691042000);
    good_time("1.0000000019", false, 1000000001);
    good_time("+0", true, 0);
    good_time("+1s", true, 1000000000);
    good_time("+90s", true, 90000000000);
    good_time("+5m", true, 300000000000);
    good_time("+1.5h", true, 5400000000000);
    good_time("+1h30m", true, 5400000000000);
    good_time("+1d2h3m4.5s6.25ms", true, 93784506250000);
    good_time("+0.000001ms", true, 1);
    good_time("+18446744073.709551615", true, UINT64_MAX);
    good_from_end("-0", 0);
    good_from_end("-1", 1000000000);
    good_from_end("-10m", 600000000000);
    good_from_end("-0.5s", 500000000);
    good_time("start", false, 0);
    good_time("end", false, UINT64_MAX);
    good_time("+2.5", true, 2500000000);
    good_time("1970-01-01T00:00:00Z", false, 0);
    good_time("2023-11-14T22:13:20Z", false, 1700000000000000000);
    good_time("2023-11-14t22:13:20.691042000z", false, 1700000000691042000);
    good_time("2023-11-14 23:13:20+01:00", false, 1700000000000000000);
    good_time("2023-11-14T16:43:20.5-05:30", false, 1700000000500000000);
    good_time("2024-02-29T00:00:00Z", false, 1709164800000000000);
    good_time("2016-12-31T23:59:60Z", false, 1483228800000000000);
    good_time("2023-11-14 22:13:20.691042", false, 1700000000691042000);
    good_monotonic("7322461001553", 7322461001553);
    good_monotonic("7322461001ns", 7322461001);
    good_of_day("00:00", 0);
    good_of_day("23:59", 86340000000000);
    good_of_day("23:59:59.999999999", 86399999999999);
    good_of_day("22:13:20.691042", 80000691042000);
    bad_time("24:00");
    bad_time("12:60");
    bad_time("12:00:61");
    bad_time("12:00:00.");
    bad_time("12:00.5");
    bad_time("12:00Z");
    bad_time("9:00");
    bad_time("12:");
    bad_time("");
    bad_time("+");
    bad_time("-");
    bad_time("+m");
    bad_time("+5x");
    bad_time("+5mm");
    bad_time("+1h30");
    bad_time("+30m1h");
    bad_time("+1m1m");
    bad_time("+.5m");
    bad_time("+1.m");
    bad_time("+ 5m");
    bad_time("--5m");
    bad_time("5m");
    bad_time("+300000d");
    bad_time("+18446744073.709551616");
    bad_time(".5");
    bad_time("1.");
    bad_time("1.5.5");
    bad_time("99999999999999999999");
    bad_time("18446744073709551616ns");
    bad_time("18446744074");
    bad_time("1.5ns");
    bad_time("yesterday");
    bad_time("+start");
    bad_time("ended");
    bad_time("2023-11-14");
    bad_time("2023-11-14T22:13:20");
    bad_time("2023-02-29T00:00:00Z");
    bad_time("2023-13-01T00:00:00Z");
    bad_time("2023-00-01T00:00:00Z");
    bad_time("2023-04-31T00:00:00Z");
    bad_time("2023-11-14T24:00:00Z");
    bad_time("2023-11-14T22:13:20+1:00");
    bad_time("2023-11-14T22:13:20+01:00x");
    bad_time("1960-01-01T00:00:00Z");
    bad_time("2600-01-01T00:00:00Z");
}

static void test_format(void)
{
    char text[WHEN_TEXT_MAX];

    when_format(1700000000691042007, text);
    tap_ok(&tap, !strcmp(text, "2023-11-14T22:13:20.691042007Z"), "a time in RFC 3339");
    when_format_retis(1700000000691042007, false, text);
    tap_ok(&tap, !strcmp(text, "2023-11-14 22:13:20.691042"), "a time as Retis writes it");
}

static void is_of_day(const char *zone, uint64_t of_day_s, uint64_t wanted_s, const char *what)
{
    setenv("TZ", zone, 1);
    tzset();
    tap_ok(&tap,
           when_of_day(of_day_s * 1000000000 + 7, 1700000000000000000) == wanted_s * 1000000000 + 7,
           what);
}

/* 1700000000 is 2023-11-14, 22:13:20 in UTC. */
static void test_of_day(void)
{
    is_of_day("UTC", 0, 1699920000, "midnight of that day");
    is_of_day("UTC", 86399, 1700006399, "its last second");
    is_of_day("STD-2", 0, 1699999200, "midnight where it is the next day already");
    is_of_day("STD5", 43200, 1699981200, "noon in the west");
    is_of_day("STD0DST-1,317/12,318/23", 39600, 1699959600, "before clocks are put forward");
    is_of_day("STD0DST-1,317/12,318/23", 54000, 1699970400, "and after that");
}

int main(void)
{
    test_times();
    test_format();
    test_of_day();
    return tap_done(&tap);
}
