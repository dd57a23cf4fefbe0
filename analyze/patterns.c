/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/patterns.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/probe_kind.h"

static bool matches(const char *pattern, const char *text)
{
    return !strcmp(pattern, text) || !fnmatch(pattern, text, 0);
}

bool pattern_is_device(const char *pattern, const struct nst_device *device)
{
    return matches(pattern, device->name);
}

bool pattern_is_probe(const char *pattern, const struct nst_probe *probe)
{
    const char *colon = strchr(probe->symbol, ':');
    const char *symbol;
    uint32_t kind = probe_kind_of_prefix(pattern, &symbol);

    if (kind && kind != probe->kind)
        return false;
    return matches(symbol, probe->symbol) || (colon && matches(symbol, colon + 1));
}

bool pattern_is_reason(const char *pattern, const struct nst_drop_reason *reason)
{
    static const char prefix[] = "SKB_DROP_REASON_"; /* of the kernel's own names */
    char full[2 * NST_MAX_NAME + 2];

    if (!strncasecmp(pattern, prefix, sizeof(prefix) - 1))
        pattern += sizeof(prefix) - 1;
    if (!pattern[strspn(pattern, "0123456789")])
        return strtoull(pattern, NULL, 10) == reason->number;
    if (!reason->name)
        return false;
    if (!fnmatch(pattern, reason->name, FNM_CASEFOLD))
        return true;
    if (!reason->subsys)
        return false;
    snprintf(full, sizeof(full), "%s/%s", reason->subsys, reason->name);
    return !fnmatch(pattern, full, FNM_CASEFOLD);
}

/* An event without a journey is of none that can be asked for. */
bool pattern_is_track(const struct track *track, const struct nst_event *event)
{
    if (!event->journey_id)
        return false;
    if (!track->is_pair)
        return event->journey_id == track->id;
    return event->journey_ts_ns == track->ts_ns && event->journey_head == track->head;
}
