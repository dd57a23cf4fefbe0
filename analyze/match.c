/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/match_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/frame.h"
#include "analyze/patterns.h"
#include "analyze/probe_kind.h"

static void set_limit(const struct when *when, uint64_t *time_ns, uint64_t *ts_ns)
{
    if (!when->given || when->relative || when->from_end || when->of_day)
        return;
    *(when->monotonic ? ts_ns : time_ns) = when->ns;
}

bool match_init(struct matcher *m, const struct filter *filter)
{
    *m = (struct matcher){.until_ns = UINT64_MAX, .until_ts_ns = UINT64_MAX};
    if (!filter || !filter_is_set(filter))
        return true;
    m->filter = filter;
    m->whos = calloc(filter->whos_count + 1, sizeof(*m->whos));
    m->frame = malloc(FRAME_MAX);
    if (!m->whos || !m->frame) {
        match_free(m);
        return false;
    }
    for (size_t i = 0; i < filter->whos_count; i++)
        m->whos[i].who = &filter->whos[i];
    set_limit(&filter->since, &m->since_ns, &m->since_ts_ns);
    set_limit(&filter->until, &m->until_ns, &m->until_ts_ns);
    return true;
}

void match_free(struct matcher *m)
{
    if (m->whos)
        for (size_t i = 0; i < m->filter->whos_count; i++)
            who_spans_free(&m->whos[i].spans);
    free(m->whos);
    free(m->frame);
    free(m->netns.matches);
    free(m->devices.matches);
    free(m->probes.matches);
    free(m->drop_reasons.matches);
    *m = (struct matcher){0};
}

bool match_is_choosy(const struct matcher *m)
{
    const struct filter *f = m->filter;

    return f && (m->follow || f->whos_count || f->devices.count || f->probes.count || f->drops ||
                 f->tracks_count);
}

void match_follow(struct matcher *m, const struct journey_set *journeys)
{
    m->follow = journeys;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void set_by_events(const struct when *when, uint64_t first_time_ns, uint64_t last_time_ns,
                          uint64_t *time_ns)
{
    if (when->relative)
        *time_ns = add_saturated(first_time_ns, when->ns);
    else if (when->from_end)
        *time_ns = when->ns < last_time_ns ? last_time_ns - when->ns : 0;
    else if (when->of_day)
        *time_ns = when_of_day(when->ns, first_time_ns);
}

void match_window(struct matcher *m, uint64_t first_time_ns, uint64_t last_time_ns)
{
    if (!m->filter)
        return;
    set_by_events(&m->filter->since, first_time_ns, last_time_ns, &m->since_ns);
    set_by_events(&m->filter->until, first_time_ns, last_time_ns, &m->until_ns);
}

bool match_window_is_empty(const struct matcher *m)
{
    return m->filter && m->filter->since.given && m->filter->until.given &&
           (m->since_ns >= m->until_ns || m->since_ts_ns >= m->until_ts_ns);
}

static bool device_matches(const struct filter *f, const struct nst_device *device)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (pattern_is_device(f->devices.list[i], device))
            return true;
    return false;
}

static bool probe_matches(const struct filter *f, const struct nst_probe *probe)
{
    for (size_t i = 0; i < f->probes.count; i++)
        if (pattern_is_probe(f->probes.list[i], probe))
            return true;
    return false;
}

/* Whether the hints in a block's header, of which probes are in it, leave room for those of
 * --probe. A name has a bit only if it is complete: without a prefix it must be a tracepoint's with
 * its group, as what has no colon may be of any kind. */
static bool probe_bits_match(const struct filter *f, uint64_t bits)
{
    for (size_t i = 0; i < f->probes.count; i++) {
        const char *pattern;
        uint32_t kind = probe_kind_of_prefix(f->probes.list[i], &pattern);

        if (!kind && strchr(pattern, ':'))
            kind = NST_PROBE_RAW_TRACEPOINT;
        if (!kind || strpbrk(pattern, "*?[\\") ||
            (kind == NST_PROBE_RAW_TRACEPOINT && !strchr(pattern, ':')) ||
            bits >> nst_probe_bit(kind, pattern) & 1)
            return true;
    }
    return !f->probes.count;
}

static bool drop_matches(const struct filter *f, const struct nst_drop_reason *reason)
{
    if (f->any_drop)
        return true;
    for (size_t i = 0; i < f->drop_reasons.count; i++)
        if (pattern_is_reason(f->drop_reasons.list[i], reason))
            return true;
    return false;
}

bool match_table_reset(struct match_table *table, uint32_t count)
{
    if (table->room < (size_t)count + 1) {
        uint8_t *matches = realloc(table->matches, (size_t)count + 1);

        if (!matches)
            return false;
        table->matches = matches;
        table->room = (size_t)count + 1;
    }
    table->count = count;
    memset(table->matches, 0, (size_t)count + 1);
    return true;
}

static bool table_is_empty(const struct match_table *table)
{
    for (size_t i = 0; table->matches && i <= table->count; i++)
        if (table->matches[i])
            return false;
    return table->matches;
}

int match_prepare(struct matcher *m, const struct nst_block *block)
{
    const struct filter *f = m->filter;

    if (!f)
        return 1;
    if ((f->whos_count && !match_prepare_netns(m, block)) ||
        (f->devices.count && !match_table_reset(&m->devices, block->devices_count)) ||
        (f->probes.count && !match_table_reset(&m->probes, block->probes_count)) ||
        (f->drops && !match_table_reset(&m->drop_reasons, block->drop_reasons_count)))
        return -ENOMEM;
    for (uint32_t i = 0; m->devices.matches && i < block->devices_count; i++)
        m->devices.matches[i] = device_matches(f, &block->devices[i]);
    for (uint32_t i = 0; m->probes.matches && i < block->probes_count; i++)
        m->probes.matches[i] = probe_matches(f, &block->probes[i]);
    for (uint32_t i = 0; m->drop_reasons.matches && i < block->drop_reasons_count; i++)
        m->drop_reasons.matches[i] = drop_matches(f, &block->drop_reasons[i]);
    return m->follow || (!table_is_empty(&m->netns) && !table_is_empty(&m->devices) &&
                         !table_is_empty(&m->probes) && !table_is_empty(&m->drop_reasons));
}

bool match_block(const struct matcher *m, const struct nst_block_info *info)
{
    uint64_t offset = (uint64_t)info->realtime_offset_ns;

    if (!m->filter)
        return true;
    return info->last_ts_ns + offset >= m->since_ns && info->first_ts_ns + offset < m->until_ns &&
           info->last_ts_ns >= m->since_ts_ns && info->first_ts_ns < m->until_ts_ns &&
           (m->follow || (match_netns_bits(m, info->netns_bits) &&
                          probe_bits_match(m->filter, info->probe_bits)));
}

static bool any_track_matches(const struct filter *f, const struct nst_event *event)
{
    for (size_t i = 0; i < f->tracks_count; i++)
        if (pattern_is_track(&f->tracks[i], event))
            return true;
    return !f->tracks_count;
}

static bool is_in_window(const struct matcher *m, const struct nst_block *block,
                         const struct nst_event *event)
{
    uint64_t time_ns = event->ts_ns + (uint64_t)block->info.realtime_offset_ns;

    return time_ns >= m->since_ns && time_ns < m->until_ns && event->ts_ns >= m->since_ts_ns &&
           event->ts_ns < m->until_ts_ns;
}

static bool is_followed(const struct matcher *m, const struct nst_event *event)
{
    return m->follow && event->journey_id;
}

bool match_event(const struct matcher *m, const struct nst_block *block,
                 const struct nst_event *event)
{
    if (!m->filter)
        return true;
    if (!is_in_window(m, block, event))
        return false;
    if (is_followed(m, event))
        return journey_set_has(m->follow, event->journey_id);
    return match_netns_holds(m, block, event) && match_table_holds(&m->devices, event->device) &&
           match_table_holds(&m->probes, event->probe) &&
           match_table_holds(&m->drop_reasons, event->drop_reason) &&
           any_track_matches(m->filter, event);
}

bool match_packet(const struct matcher *m, const struct nst_event *event)
{
    const struct filter *f = m->filter;
    bool raw = f && f->has_program_l3 && event->flags & NST_EVENT_L3;
    struct pcap_pkthdr header = {0};
    struct frame frame;

    if (!f || !f->has_program || is_followed(m, event))
        return true;
    if (!frame_get(event, raw ? FRAME_ANY : FRAME_ETHERNET, m->frame, &frame))
        return false;
    header.caplen = frame.caplen;
    header.len = frame.len;
    return pcap_offline_filter(raw ? &f->program_l3 : &f->program, &header, frame.data);
}
