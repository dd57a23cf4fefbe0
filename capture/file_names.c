/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/file_names.h"

#include <stdio.h>
#include <string.h>

bool file_names_timed(const char *pattern)
{
    for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%')) {
        if (!p[1])
            return false;
        if (p[1] != '%')
            return true;
    }
    return false;
}

/* strftime() answers 0 both for what is too long and for what is empty. */
static size_t expand(const char *pattern, const struct tm *time, char *name, size_t room)
{
    if (!strchr(pattern, '%'))
        return snprintf(name, room, "%s", pattern);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return strftime(name, room, pattern, time);
#pragma GCC diagnostic pop
}

bool file_names_make(const char *pattern, const struct tm *time, uint64_t number,
                     char name[PATH_MAX])
{
    size_t length = expand(pattern, time, name, PATH_MAX);
    int more = 0;

    if (!length || length >= PATH_MAX)
        return false;
    if (number)
        more = snprintf(name + length, PATH_MAX - length, "%llu", (unsigned long long)number);
    return more >= 0 && (size_t)more < PATH_MAX - length;
}

static size_t digits_at_end(const char *name)
{
    size_t length = strlen(name), digits = 0;

    while (digits < length && name[length - 1 - digits] >= '0' && name[length - 1 - digits] <= '9')
        digits++;
    return digits;
}

/* Whether the whole of name is what the pattern makes of some time. One with a conversion that
 * only strftime() knows matches nothing. */
static bool is_expanded(const char *pattern, const char *name)
{
    struct tm time = {0};
    const char *end;

    if (!strchr(pattern, '%'))
        return !strcmp(pattern, name);
    end = strptime(name, pattern, &time);
    return end && !*end;
}

bool file_names_match(const char *pattern, const char *name)
{
    char part[NAME_MAX + 1];
    size_t length = strlen(name), digits = digits_at_end(name);

    if (length > NAME_MAX)
        return false;
    memcpy(part, name, length + 1);
    for (size_t i = 0; i <= digits; i++) {
        part[length - i] = '\0';
        if (is_expanded(pattern, part))
            return true;
    }
    return false;
}
