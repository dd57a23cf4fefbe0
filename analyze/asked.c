/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/asked.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/patterns.h"

bool asked_init(struct asked *asked, const struct filter *filter)
{
    *asked = (struct asked){.filter = filter};
    if (!filter)
        return true;
    asked->count = filter->devices.count + filter->probes.count + filter->drop_reasons.count +
                   filter->tracks_count;
    asked->found = calloc(asked->count + 1, sizeof(*asked->found));
    return asked->found;
}

void asked_free(struct asked *asked)
{
    free(asked->found);
    *asked = (struct asked){0};
}

bool asked_all_found(const struct asked *asked)
{
    return !asked->count || !memchr(asked->found, false, asked->count);
}

static bool has_device(const struct nst_block *block, const char *pattern)
{
    for (uint32_t i = 0; i < block->devices_count; i++)
        if (pattern_is_device(pattern, &block->devices[i]))
            return true;
    return false;
}

static bool has_probe(const struct nst_block *block, const char *pattern)
{
    for (uint32_t i = 0; i < block->probes_count; i++)
        if (pattern_is_probe(pattern, &block->probes[i]))
            return true;
    return false;
}

static bool has_reason(const struct nst_block *block, const char *pattern)
{
    for (uint32_t i = 0; i < block->drop_reasons_count; i++)
        if (pattern_is_reason(pattern, &block->drop_reasons[i]))
            return true;
    return false;
}

static bool has_track(const struct nst_block *block, const struct track *track)
{
    for (uint32_t i = 0; block->events && i < block->info.events; i++)
        if (pattern_is_track(track, &block->events[i]))
            return true;
    return false;
}

static void see_patterns(bool **found, const struct patterns *patterns,
                         const struct nst_block *block,
                         bool (*has)(const struct nst_block *block, const char *pattern))
{
    for (size_t i = 0; i < patterns->count; i++, ++*found)
        **found = **found || has(block, patterns->list[i]);
}

void asked_see(struct asked *asked, const struct nst_block *block)
{
    const struct filter *f = asked->filter;
    bool *found = asked->found;

    if (asked_all_found(asked))
        return;
    see_patterns(&found, &f->devices, block, has_device);
    see_patterns(&found, &f->probes, block, has_probe);
    see_patterns(&found, &f->drop_reasons, block, has_reason);
    for (size_t i = 0; i < f->tracks_count; i++, found++)
        *found = *found || has_track(block, &f->tracks[i]);
}
