/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/who.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL     "0123456789"
#define HEXADECIMAL DECIMAL "abcdefABCDEF"

/* What words WHO begins with for each form; the last is for everything else. */
static const struct {
    const char *prefix;
    enum nst_who_form form;
} forms[] = {
    {"name:", NST_WHO_NAME},
    {"pid:", NST_WHO_PID},
    {"container:", NST_WHO_CONTAINER},
    {"pod:", NST_WHO_POD},
    /* Where ip-netns(8) puts the names. */
    {"/run/netns/", NST_WHO_NAME},
    {"/var/run/netns/", NST_WHO_NAME},
    {"/", NST_WHO_PATH},
    {"0x", NST_WHO_COOKIE},
    {"", NST_WHO_NAME},
};

/* What follows prefix in text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) ? NULL : text + length;
}

/* Up to a character that is none of the digits, which has to be end. */
static bool parse_number(const char *text, const char *digits, uint64_t most, const char *end,
                         uint64_t *number)
{
    size_t length = strspn(text, digits);

    if (!length || strcmp(text + length, end))
        return false;
    errno = 0;
    *number = strtoull(text, NULL, (int)strlen(digits) > 10 ? 16 : 10);
    return !errno && *number <= most;
}

/* "/proc/PID/ns/net": people copy that from other tools. */
static bool parse_proc_path(const char *text, struct nst_who *who)
{
    const char *pid = after(text, "/proc/");

    return pid && parse_number(pid, DECIMAL, INT32_MAX, "/ns/net", &who->number);
}

static bool is_pod(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && slash != text && slash[1];
}

static const char *parse_text(const char *text, struct nst_who *who)
{
    if (!*text && who->form != NST_WHO_COOKIE && who->form != NST_WHO_PID)
        return "the name is missing";
    switch (who->form) {
    case NST_WHO_COOKIE:
        if (!parse_number(text, HEXADECIMAL, UINT64_MAX, "", &who->number) || !who->number)
            return "a cookie is 0x and up to 16 hexadecimal digits, and not 0";
        break;
    case NST_WHO_PID:
        if (!parse_number(text, DECIMAL, INT32_MAX, "", &who->number))
            return "no process id";
        break;
    case NST_WHO_PATH:
        if (parse_proc_path(text, who))
            who->form = NST_WHO_PID;
        break;
    case NST_WHO_NAME:
        if (strchr(text, '/'))
            return "a name has no '/'; a pod is pod:NAMESPACE/NAME, a path begins with '/'";
        break;
    case NST_WHO_POD:
        if (!is_pod(text))
            return "a pod is pod:NAMESPACE/NAME";
        break;
    default:
        break;
    }
    return NULL;
}

static const char *parse_form(const char *text, struct nst_who *who)
{
    size_t i = 0;

    if (!strcmp(text, "host")) {
        who->form = NST_WHO_HOST;
        who->text = text;
        return NULL;
    }
    while (!after(text, forms[i].prefix))
        i++;
    who->form = forms[i].form;
    who->text = who->form == NST_WHO_PATH ? text : after(text, forms[i].prefix);
    return parse_text(who->text, who);
}

const char *nst_who_parse(const char *text, struct nst_who *who)
{
    struct nst_who parsed = {.given = text, .exclude = *text == '!'};
    const char *wrong = NULL;

    text += parsed.exclude;
    if (!*text) {
        wrong = "no namespace given";
    } else if (text[strspn(text, DECIMAL)]) {
        wrong = parse_form(text, &parsed);
    } else {
        parsed.form = NST_WHO_INUM;
        parsed.text = text;
        if (!parse_number(text, DECIMAL, UINT32_MAX, "", &parsed.number) || !parsed.number)
            wrong = "an inum has 32 bits and is not 0; write name:X for a name made of digits";
    }
    if (!wrong)
        *who = parsed;
    return wrong;
}

bool nst_who_is_pattern(const struct nst_who *who)
{
    return who->form == NST_WHO_NAME && strpbrk(who->text, "*?[");
}

bool nst_who_fits_name(const struct nst_who *who, const char *name)
{
    return who->form == NST_WHO_NAME && (!strcmp(who->text, name) || !fnmatch(who->text, name, 0));
}

bool nst_who_is_container(const struct nst_who *who)
{
    return who->form == NST_WHO_CONTAINER || who->form == NST_WHO_POD;
}

enum nst_fit nst_who_fits(const struct nst_who *who, const struct nst_container *container)
{
    if (who->form == NST_WHO_CONTAINER)
        return nst_container_fits(who->text, container);
    return who->form == NST_WHO_POD && nst_pod_fits(who->text, container) ? NST_FITS_EXACTLY
                                                                          : NST_FITS_NOT;
}
