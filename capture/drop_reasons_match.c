/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which reasons the user means, and which may have been meant when none is. */
#include "config.h"

#include "capture/drop_reasons_internal.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format/distance.h"
#include "format/error.h"

/* A subsystem's name, a slash and a reason's. */
#define FULL_NAME_SIZE (2 * NST_MAX_NAME + 2)

/* As people write it: the subsystem's name stands before. */
static void full_name(const struct drop_reasons *reasons, const struct drop_reason_name *r,
                      char *name, size_t size)
{
    uint32_t subsys = r->number >> 16;

    if (subsys && subsys < DROP_REASON_SUBSYS_MAX && reasons->subsys[subsys])
        snprintf(name, size, "%s/%s", reasons->subsys[subsys], r->name);
    else
        snprintf(name, size, "%s", r->name);
}

static const char *without_prefix(const char *pattern)
{
    bool has = !strncasecmp(pattern, DROP_REASON_PREFIX, strlen(DROP_REASON_PREFIX));

    return has ? pattern + strlen(DROP_REASON_PREFIX) : pattern;
}

static bool matches(const struct drop_reasons *reasons, const struct drop_reason_name *r,
                    const char *pattern)
{
    char full[FULL_NAME_SIZE];

    pattern = without_prefix(pattern);
    full_name(reasons, r, full, sizeof(full));
    return !fnmatch(pattern, full, FNM_CASEFOLD) || !fnmatch(pattern, r->name, FNM_CASEFOLD);
}

/* Whether both have a word in common: words of three letters or more, between underscores. */
static bool alike(const char *name, const char *pattern)
{
    while (*pattern) {
        size_t length = strcspn(pattern, "_*/");
        char word[64];

        snprintf(word, sizeof(word), "%.*s", (int)length, pattern);
        if (length >= 3 && strcasestr(name, word))
            return true;
        pattern += length + (pattern[length] != '\0');
    }
    return false;
}

/* Those that may have been meant, or else any; as many as fit. */
static void suggest(const struct drop_reasons *reasons, const char *pattern, bool any, char *text,
                    size_t size)
{
    size_t length = 0;

    *text = '\0';
    for (size_t i = 0; i < reasons->count; i++) {
        char name[FULL_NAME_SIZE];

        full_name(reasons, &reasons->list[i], name, sizeof(name));
        if (!any && !alike(name, pattern))
            continue;
        if (length + strlen(name) + 8 > size) {
            snprintf(text + length, size - length, ", ...");
            return;
        }
        length += snprintf(text + length, size - length, "%s%s", length ? ", " : "", name);
    }
    if (!length && !any)
        suggest(reasons, pattern, true, text, size);
}

/* The one that is written almost so; NULL: there is none. */
static const struct drop_reason_name *find_nearest(const struct drop_reasons *reasons,
                                                   const char *pattern)
{
    const struct drop_reason_name *nearest = NULL;
    unsigned least = NST_DISTANCE_MAX + 1;

    for (size_t i = 0; i < reasons->count; i++) {
        const struct drop_reason_name *r = &reasons->list[i];
        char full[FULL_NAME_SIZE];
        unsigned far = nst_distance(without_prefix(pattern), r->name), whole;

        full_name(reasons, r, full, sizeof(full));
        whole = nst_distance(pattern, full);
        far = whole < far ? whole : far;
        if (far >= least)
            continue;
        least = far;
        nearest = r;
    }
    return nst_is_near(pattern, least) ? nearest : NULL;
}

static int no_such(const struct drop_reasons *reasons, const char *pattern, struct nst_error *err)
{
    const struct drop_reason_name *nearest = find_nearest(reasons, pattern);
    char full[FULL_NAME_SIZE], names[120];

    if (nearest) {
        full_name(reasons, nearest, full, sizeof(full));
        return nst_fail(err, -ENOENT,
                        "--drop-reason %s: this kernel has no such reason; did you mean %s?",
                        pattern, full);
    }
    suggest(reasons, pattern, false, names, sizeof(names));
    return nst_fail(err, -ENOENT,
                    "--drop-reason %s: this kernel has no such reason; of its %zu: %s", pattern,
                    reasons->count, names);
}

int drop_reasons_match(const struct drop_reasons *reasons, const char *pattern, uint32_t *numbers,
                       size_t room, struct nst_error *err)
{
    size_t count = 0;

    if (!reasons->count)
        return nst_fail(err, -EOPNOTSUPP,
                        "--drop-reason %s: this kernel gives no reasons (they "
                        "came with Linux 5.17)",
                        pattern);
    for (size_t i = 0; i < reasons->count && count < room; i++)
        if (matches(reasons, &reasons->list[i], pattern))
            numbers[count++] = reasons->list[i].number;
    if (count)
        return (int)count;
    return no_such(reasons, pattern, err);
}
