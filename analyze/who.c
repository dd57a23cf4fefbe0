/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool all_of(const char *text, const char *characters)
{
    return *text && !text[strspn(text, characters)];
}

static bool parse_number(const char *text, int base, uint64_t most, uint64_t *number)
{
    unsigned long long value;

    errno = 0;
    value = strtoull(text, NULL, base);
    if (errno || value > most)
        return false;
    *number = value;
    return true;
}

/* The process of "/proc/N/ns/net": people copy that from other tools. */
static bool parse_proc_path(const char *text, struct who *who)
{
    char digits[16];
    const char *rest;
    size_t length;

    if (strncmp(text, "/proc/", 6))
        return false;
    length = strspn(text + 6, "0123456789");
    rest = text + 6 + length;
    if (!length || length >= sizeof(digits) || strcmp(rest, "/ns/net"))
        return false;
    memcpy(digits, text + 6, length);
    digits[length] = '\0';
    who->form = WHO_PID;
    return parse_number(digits, 10, INT32_MAX, &who->number);
}

/* What follows prefix in text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) ? NULL : text + length;
}

static const char *parse_name(const char *text, struct who *who)
{
    static const struct {
        const char *prefix;
        enum who_form form;
    } prefixes[] = {
        {"name:", WHO_NAME},
        /* Where ip-netns(8) puts the names. */
        {"/run/netns/", WHO_NAME},
        {"/var/run/netns/", WHO_NAME},
        {"/", WHO_PATH},
        {"container:", WHO_CONTAINER},
        {"pod:", WHO_POD},
        {"", WHO_NAME},
    };
    size_t i = 0;

    if (!strcmp(text, "host")) {
        who->form = WHO_HOST;
        return NULL;
    }
    if (parse_proc_path(text, who))
        return NULL;
    while (!after(text, prefixes[i].prefix))
        i++;
    who->form = prefixes[i].form;
    who->text = who->form == WHO_PATH ? text : after(text, prefixes[i].prefix);
    if (who->form == WHO_POD &&
        (*who->text == '/' || !strchr(who->text, '/') || !strchr(who->text, '/')[1]))
        return "a pod is pod:NAMESPACE/NAME";
    return *who->text ? NULL : "the name is missing";
}

const char *who_parse(const char *text, struct who *who)
{
    struct who parsed = {.given = text, .exclude = *text == '!'};
    const char *wrong = NULL, *pid;

    text += parsed.exclude;
    pid = after(text, "pid:");
    if (!*text) {
        wrong = "no namespace given";
    } else if (all_of(text, "0123456789")) {
        parsed.form = WHO_INUM;
        if (!parse_number(text, 10, UINT32_MAX, &parsed.number))
            wrong = "an inum has 32 bits; write name:X for a name made of digits";
    } else if (after(text, "0x")) {
        parsed.form = WHO_COOKIE;
        if (!all_of(text + 2, "0123456789abcdefABCDEF") ||
            !parse_number(text, 16, UINT64_MAX, &parsed.number))
            wrong = "a cookie is 0x and up to 16 hexadecimal digits";
    } else if (pid) {
        parsed.form = WHO_PID;
        if (!all_of(pid, "0123456789") || !parse_number(pid, 10, INT32_MAX, &parsed.number))
            wrong = "no process id";
    } else {
        wrong = parse_name(text, &parsed);
    }
    if (!wrong)
        *who = parsed;
    return wrong;
}
