/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/duration.h"

#include <string.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct unit {
    const char *name;
    uint64_t ns;
};

static const struct unit seconds = {"s", NS_PER_S};
/* "ms" stands before "m", which it begins with. */
static const struct unit units[] = {{"d", 86400 * NS_PER_S},
                                    {"h", 3600 * NS_PER_S},
                                    {"ms", NS_PER_MS},
                                    {"m", 60 * NS_PER_S},
                                    {"s", NS_PER_S}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool nst_fraction_parse(const char **text, uint64_t *ns)
{
    uint64_t unit = NS_PER_S / 10;

    *ns = 0;
    if (**text != '.')
        return true;
    if (!is_digit(*++*text))
        return false;
    for (; is_digit(**text); (*text)++, unit /= 10)
        *ns += (uint64_t)(**text - '0') * unit;
    return true;
}

/* Steps over the unit, or answers NULL. */
static const struct unit *read_unit(const char **text)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t length = strlen(units[i].name);

        if (!strncmp(*text, units[i].name, length)) {
            *text += length;
            return &units[i];
        }
    }
    return NULL;
}

static const char form[] = "no duration as in 90, 2.5s, 10m or 1h30m";

static const char *read_number(const char **text, uint64_t *number, uint64_t *fraction_ns)
{
    *number = 0;
    if (!is_digit(**text))
        return form;
    for (; is_digit(**text); (*text)++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(**text - '0'), number))
            return "out of range";
    return nst_fraction_parse(text, fraction_ns) ? NULL : form;
}

/* Adds so many units; the longest has 86400 seconds, for which a fraction leaves room. */
static const char *add(uint64_t *ns, uint64_t number, uint64_t fraction_ns, uint64_t unit_ns)
{
    uint64_t part_ns = unit_ns < NS_PER_S ? fraction_ns / (NS_PER_S / unit_ns)
                                          : fraction_ns * (unit_ns / NS_PER_S);

    if (__builtin_mul_overflow(number, unit_ns, &number) ||
        __builtin_add_overflow(*ns, number, ns) || __builtin_add_overflow(*ns, part_ns, ns))
        return "out of range";
    return NULL;
}

const char *nst_duration_parse(const char *text, uint64_t *ns)
{
    uint64_t sum = 0, number, fraction_ns, least_ns = UINT64_MAX;
    const struct unit *unit;
    const char *wrong, *rest = text;

    do {
        wrong = read_number(&rest, &number, &fraction_ns);
        if (wrong)
            return wrong;
        /* Only a number that is all of it goes without. */
        unit = *rest || least_ns != UINT64_MAX ? read_unit(&rest) : &seconds;
        if (!unit || unit->ns >= least_ns)
            return form;
        least_ns = unit->ns;
        wrong = add(&sum, number, fraction_ns, unit->ns);
    } while (!wrong && *rest);
    if (!wrong)
        *ns = sum;
    return wrong;
}
