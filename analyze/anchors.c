/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/anchors.h"

#include <stdlib.h>

#include "format/array.h"
#include "format/search.h"

/* Reading two clocks one after the other is not exact, and what disciplines a clock slows it down:
 * with less than this nobody has set it back. */
#define SET_BACK_NS 1000000

bool anchors_add(struct anchors *a, const struct anchor *anchor)
{
    struct anchor *list = nst_array_room(a->list, a->count, &a->room, sizeof(*list));

    if (!list)
        return false;
    a->list = list;
    a->list[a->count++] = *anchor;
    a->has_changed = true;
    return true;
}

bool anchors_add_block(struct anchors *a, const struct nst_block_info *block)
{
    const struct anchor anchor = {
        .ts_ns = block->first_ts_ns,
        .until_ns = block->last_ts_ns,
        .offset_ns = block->realtime_offset_ns,
        .yields = block->type != NST_BLOCK_EVENTS,
    };
    struct anchor *last = a->count ? &a->list[a->count - 1] : NULL;

    if (!last || last->offset_ns != anchor.offset_ns || last->yields != anchor.yields ||
        anchor.ts_ns < last->ts_ns)
        return anchors_add(a, &anchor);
    if (anchor.until_ns > last->until_ns)
        last->until_ns = anchor.until_ns;
    return true;
}

bool anchors_join(struct anchors *a, const struct anchors *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct anchor *from = &other->list[i];
        const struct anchor anchor = {
            .ts_ns = from->ts_ns, .until_ns = UINT64_MAX, .offset_ns = from->offset_ns};

        if (!anchors_add(a, &anchor))
            return false;
    }
    return true;
}

static int compare(const void *x, const void *y)
{
    const struct anchor *a = x, *b = y;

    if (a->ts_ns != b->ts_ns)
        return a->ts_ns < b->ts_ns ? -1 : 1;
    if (a->yields != b->yields)
        return a->yields ? 1 : -1;
    return a->offset_ns < b->offset_ns ? -1 : a->offset_ns > b->offset_ns;
}

/* What is in between is dated by the nearest block: who is born is soon seen to send, and who dies
 * has just sent. */
static void meet(struct anchor *before, struct anchor *after, uint64_t until_ns)
{
    if (after->ts_ns <= until_ns)
        return;
    after->ts_ns = until_ns + (after->ts_ns - until_ns + 1) / 2;
    before->until_ns = after->ts_ns - 1;
}

static bool is_set_back(const struct anchor *before, const struct anchor *anchor)
{
    return before->offset_ns > anchor->offset_ns &&
           (uint64_t)before->offset_ns - (uint64_t)anchor->offset_ns >= SET_BACK_NS;
}

static void find_set_back(struct anchors *a)
{
    size_t latest = 0;

    for (size_t i = 0; i < a->count; i++) {
        if (i && is_set_back(&a->list[i - 1], &a->list[i]))
            latest = i;
        a->list[i].set_back = latest;
    }
}

void anchors_settle(struct anchors *a)
{
    /* Of all, and of events. An END without tables has no time, which is 0. */
    uint64_t until_ns = 0, events_until_ns = 0;
    size_t kept = 0;

    if (!a->has_changed)
        return;
    qsort(a->list, a->count, sizeof(*a->list), compare);
    for (size_t i = 0; i < a->count; i++) {
        struct anchor anchor = a->list[i], *last = kept ? &a->list[kept - 1] : NULL;
        bool is_new = !last || last->offset_ns != anchor.offset_ns;

        if (anchor.yields && anchor.ts_ns <= events_until_ns)
            continue;
        if (last && is_new)
            meet(last, &anchor, until_ns);
        if (anchor.until_ns > until_ns)
            until_ns = anchor.until_ns;
        if (!anchor.yields && anchor.until_ns > events_until_ns)
            events_until_ns = anchor.until_ns;
        if (is_new)
            a->list[kept++] = anchor;
        else
            last->until_ns = until_ns;
    }
    a->count = kept;
    find_set_back(a);
    a->has_changed = false;
}

void anchors_free(struct anchors *a)
{
    free(a->list);
    *a = (struct anchors){0};
}

/* The one that dates it; of those that there are. */
static size_t find(const struct anchors *a, uint64_t ts_ns)
{
    struct search s = search_in(a->count);

    /* A process can have been started before 0: CLOCK_MONOTONIC stands while a host sleeps. */
    while (search_step(&s))
        search_tell(&s, (int64_t)a->list[s.at].ts_ns <= (int64_t)ts_ns);
    return s.at ? s.at - 1 : 0;
}

uint64_t anchors_time(const struct anchors *a, uint64_t ts_ns)
{
    return a->count ? ts_ns + (uint64_t)a->list[find(a, ts_ns)].offset_ns : ts_ns;
}

bool anchors_set_back(const struct anchors *a)
{
    return a->count && a->list[a->count - 1].set_back;
}

static void include(struct anchors_span *span, uint64_t time_ns)
{
    if (time_ns < span->earliest_ns)
        span->earliest_ns = time_ns;
    if (time_ns > span->latest_ns)
        span->latest_ns = time_ns;
}

struct anchors_span anchors_span(const struct anchors *a, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    uint64_t time_ns = anchors_time(a, first_ts_ns);
    struct anchors_span span = {time_ns, time_ns};
    size_t i = a->count ? a->list[find(a, last_ts_ns)].set_back : 0;

    include(&span, anchors_time(a, last_ts_ns));
    for (; i && (int64_t)a->list[i].ts_ns > (int64_t)first_ts_ns; i = a->list[i - 1].set_back) {
        include(&span, a->list[i].ts_ns + (uint64_t)a->list[i].offset_ns);
        include(&span, a->list[i].ts_ns - 1 + (uint64_t)a->list[i - 1].offset_ns);
    }
    return span;
}
