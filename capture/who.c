/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What words WHO begins with for each form; the last is for everything else. */
static const struct {
    const char *prefix;
    enum who_form form;
} forms[] = {
    {"name:", WHO_NAME}, {"pid:", WHO_PID},         {"container:", WHO_CONTAINER},
    {"pod:", WHO_POD},   {"/run/netns/", WHO_NAME}, {"/var/run/netns/", WHO_NAME},
    {"/", WHO_PATH},     {"0x", WHO_COOKIE},        {"", WHO_NAME},
};

static bool starts(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

static bool parse_number(const char *text, const char *digits, int base, uint64_t most,
                         uint64_t *number)
{
    if (!*text || text[strspn(text, digits)])
        return false;
    errno = 0;
    *number = strtoull(text, NULL, base);
    return !errno && *number <= most;
}

static bool is_pod(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && slash != text && slash[1];
}

static const char *parse_form(const char *text, struct who *who)
{
    size_t i = 0;

    if (!strcmp(text, "host")) {
        who->form = WHO_HOST;
        who->text = text;
        return NULL;
    }
    while (!starts(text, forms[i].prefix))
        i++;
    who->form = forms[i].form;
    who->text = who->form == WHO_PATH ? text : text + strlen(forms[i].prefix);
    if (!*who->text)
        return "the name is missing";
    if (who->form == WHO_COOKIE &&
        !parse_number(who->text, "0123456789abcdefABCDEF", 16, UINT64_MAX, &who->number))
        return "a cookie is 0x and up to 16 hexadecimal digits";
    if (who->form == WHO_PID && !parse_number(who->text, "0123456789", 10, INT32_MAX, &who->number))
        return "no process id";
    if (who->form == WHO_NAME && strchr(who->text, '/'))
        return "a name has no '/'";
    if (who->form == WHO_POD && !is_pod(who->text))
        return "a pod is pod:NAMESPACE/NAME";
    return NULL;
}

const char *who_parse(const char *text, struct who *who)
{
    struct who parsed = {.given = text, .exclude = *text == '!'};
    const char *wrong = NULL;

    text += parsed.exclude;
    if (!*text) {
        wrong = "no namespace given";
    } else if (text[strspn(text, "0123456789")]) {
        wrong = parse_form(text, &parsed);
    } else {
        parsed.form = WHO_INUM;
        if (!parse_number(text, "0123456789", 10, UINT32_MAX, &parsed.number))
            wrong = "an inum has 32 bits; write name:X for a name made of digits";
    }
    if (!wrong)
        *who = parsed;
    return wrong;
}

bool who_is_pattern(const struct who *who)
{
    return who->form == WHO_NAME && strpbrk(who->text, "*?[");
}

bool who_is_container(const struct who *who)
{
    return who->form == WHO_CONTAINER || who->form == WHO_POD;
}

enum nst_fit who_fits(const struct who *who, const struct nst_container *container)
{
    if (who->form == WHO_CONTAINER)
        return nst_container_fits(who->text, container);
    return who->form == WHO_POD && nst_pod_fits(who->text, container) ? NST_FITS_EXACTLY
                                                                      : NST_FITS_NOT;
}
