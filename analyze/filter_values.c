/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/filter_values.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/patterns.h"

bool filter_values_init(struct filter_values *values, const struct filter *filter)
{
    *values = (struct filter_values){.filter = filter};
    if (!filter)
        return true;
    values->count = filter->devices.count + filter->probes.count + filter->drop_reasons.count +
                    filter->tracks_count;
    values->found = calloc(values->count + 1, sizeof(*values->found));
    return values->found;
}

void filter_values_free(struct filter_values *values)
{
    free(values->found);
    *values = (struct filter_values){0};
}

bool filter_values_all_found(const struct filter_values *values)
{
    return !values->count || !memchr(values->found, false, values->count);
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

void filter_values_see(struct filter_values *values, const struct nst_block *block)
{
    const struct filter *f = values->filter;
    bool *found = values->found;

    if (filter_values_all_found(values))
        return;
    see_patterns(&found, &f->devices, block, has_device);
    see_patterns(&found, &f->probes, block, has_probe);
    see_patterns(&found, &f->drop_reasons, block, has_reason);
    for (size_t i = 0; i < f->tracks_count; i++, found++)
        *found = *found || has_track(block, &f->tracks[i]);
}
