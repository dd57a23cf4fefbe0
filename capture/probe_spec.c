/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/probe_spec.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"

static const struct {
    const char *prefix;
    uint32_t kind;
} prefixes[] = {
    {"tp:", NST_PROBE_RAW_TRACEPOINT}, {"raw_tracepoint:", NST_PROBE_RAW_TRACEPOINT},
    {"kprobe:", NST_PROBE_KPROBE},     {"k:", NST_PROBE_KPROBE},
    {"kretprobe:", NST_PROBE_KRETPROBE}, {"kr:", NST_PROBE_KRETPROBE},
    {"fentry:", NST_PROBE_FENTRY},
};

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* 0: there is no prefix. */
static uint32_t take_prefix(const char **text)
{
    for (size_t i = 0; i < PREFIXES; i++) {
        size_t length = strlen(prefixes[i].prefix);

        if (!strncmp(*text, prefixes[i].prefix, length)) {
            *text += length;
            return prefixes[i].kind;
        }
    }
    return 0;
}

static bool copy(char *to, size_t room, const char *from, size_t length)
{
    if (!length || length >= room)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

int probe_spec_parse(struct probe_spec *spec, const char *text, struct nst_error *err)
{
    const char *at = text, *colon, *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    const char *end = text + length;

    *spec = (struct probe_spec){.kind = take_prefix(&at)};
    if (slash && strcmp(slash, "/stack"))
        return nst_fail(err, -EINVAL, "probe %s: unknown option %s, the one there is is /stack", text,
                        slash);
    spec->stack = slash;
    colon = memchr(at, ':', end > at ? end - at : 0);
    if (!spec->kind)
        spec->kind = colon ? NST_PROBE_RAW_TRACEPOINT : NST_PROBE_KPROBE;
    if (spec->kind == NST_PROBE_RAW_TRACEPOINT) {
        if (!colon || !copy(spec->group, sizeof(spec->group), at, colon - at))
            return nst_fail(err, -EINVAL, "probe %s: a tracepoint is GROUP:NAME", text);
        at = colon + 1;
    }
    if (at >= end || memchr(at, ':', end - at) ||
        !copy(spec->name, sizeof(spec->name), at, end - at))
        return nst_fail(err, -EINVAL,
                        "probe %s: must be [TYPE:]NAME, the types being tp, kprobe, kretprobe and "
                        "fentry",
                        text);
    return 0;
}

const char *probe_kind_prefix(uint32_t kind)
{
    for (size_t i = 0; i < PREFIXES; i++)
        if (prefixes[i].kind == kind)
            return kind == NST_PROBE_RAW_TRACEPOINT ? "" : prefixes[i].prefix;
    return "";
}
