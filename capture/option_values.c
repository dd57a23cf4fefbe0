/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/option_values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "capture/clock.h"
#include "format/duration.h"
#include "format/error.h"

#define SIZE_LIMIT (1ull << 62)
/* Over 30 years. */
#define SECONDS_LIMIT 1000000000ull

int option_number(const char *option, const char *text, uint64_t min, uint64_t max,
                  uint64_t *number, struct nst_error *err)
{
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || *number < min || *number > max)
        return nst_fail(err, -EINVAL, "%s %s: must be a number from %llu to %llu", option, text,
                        (unsigned long long)min, (unsigned long long)max);
    return 0;
}

int option_seconds(const char *option, const char *text, uint64_t *ns, struct nst_error *err)
{
    char *end;
    double seconds = strtod(text, &end);
    uint64_t parsed = 0;

    if (end != text && !*end && isfinite(seconds) && seconds > 0 && seconds <= SECONDS_LIMIT)
        parsed = seconds * NS_PER_S;
    else if (nst_duration_parse(text, &parsed) || parsed > SECONDS_LIMIT * NS_PER_S)
        parsed = 0;
    if (!parsed)
        return nst_fail(err, -EINVAL,
                        "%s %s: must be more than 0: seconds, or as in 90s, 10m, 1h30m", option,
                        text);
    *ns = parsed;
    return 0;
}

int option_size(const char *option, const char *text, uint64_t least, uint64_t *bytes,
                struct nst_error *err)
{
    static const struct {
        const char *suffix;
        uint64_t unit;
    } units[] = {{"", 1000000}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};
    char *end = NULL;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (!strcasecmp(end, units[i].suffix) && *text >= '0' && *text <= '9' && !errno &&
            number <= SIZE_LIMIT / units[i].unit && number * units[i].unit >= least) {
            *bytes = number * units[i].unit;
            return 0;
        }
    return nst_fail(err, -EINVAL,
                    "%s %s: must be millions of bytes, or a number with k, M or G; %lluk at least",
                    option, text, (unsigned long long)(least >> 10));
}

int option_choice(const char *option, const char *text, const char *const words[3],
                  struct nst_error *err)
{
    for (int i = 0; i < 3; i++)
        if (!strcmp(text, words[i]))
            return i;
    return nst_fail(err, -EINVAL, "%s %s: must be %s, %s or %s", option, text, words[0], words[1],
                    words[2]);
}
