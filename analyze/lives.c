/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/lives.h"

#include <stdlib.h>

#include "format/search.h"

static uint64_t before(uint64_t ts_ns, uint64_t by_ns)
{
    return ts_ns > by_ns ? ts_ns - by_ns : 0;
}

static uint64_t after(uint64_t ts_ns, uint64_t by_ns)
{
    return ts_ns < UINT64_MAX - by_ns ? ts_ns + by_ns : UINT64_MAX;
}

/* No other has been it at any time. */
static bool is_alone(const struct lives_rows *of, size_t row)
{
    return (of->by_cookie && of->rows[row].netns.cookie) || of->rows[row].flags & NST_NETNS_INITIAL;
}

static bool is_over(const struct lives_rows *of, size_t row)
{
    return of->rows[row].flags & NST_NETNS_GONE || of->rows[row].last_ts_ns < of->until_ns;
}

/* Since when it can have been there, as far as its first row says; until when, by its last. */
static uint64_t earliest(const struct lives_rows *of, size_t row)
{
    uint64_t first_ts_ns = of->rows[row].first_ts_ns;

    if (is_alone(of, row) || first_ts_ns <= of->since_ns)
        return 0;
    return before(first_ts_ns, of->missed_ns);
}

static uint64_t latest(const struct lives_rows *of, size_t row)
{
    if (is_alone(of, row) || !is_over(of, row))
        return UINT64_MAX;
    return after(of->rows[row].last_ts_ns, of->missed_ns);
}

/* The row tells what changed within that life. One that has died may be followed at once. */
static bool goes_on(const struct lives_entry *life, const struct lives_rows *of, size_t row)
{
    const struct nst_known_netns *last = &of->rows[life->last_row];
    uint64_t first_ts_ns = of->rows[row].first_ts_ns;

    return first_ts_ns < last->last_ts_ns ||
           (first_ts_ns == last->last_ts_ns && !(last->flags & NST_NETNS_GONE));
}

/* The first that is known of an inum. */
static struct lives_entry first_life(const struct lives_rows *of, size_t row)
{
    return (struct lives_entry){
        .inum = of->rows[row].netns.inum,
        .first_ts_ns = of->rows[row].first_ts_ns,
        .begin_ns = earliest(of, row),
        .last_row = row,
    };
}

/* The one after it: where that one may still have been there, not much before it was seen. */
static struct lives_entry next_life(const struct lives_entry *life, const struct lives_rows *of,
                                    size_t row)
{
    struct lives_entry next = first_life(of, row);
    uint64_t last_ts_ns = of->rows[life->last_row].last_ts_ns;
    uint64_t since_ns = before(next.first_ts_ns, SETTING_UP_NS);

    if (since_ns <= last_ts_ns)
        since_ns = last_ts_ns < next.first_ts_ns ? last_ts_ns + 1 : next.first_ts_ns;
    if (since_ns > latest(of, life->last_row))
        since_ns = latest(of, life->last_row) + 1;
    if (next.begin_ns < since_ns)
        next.begin_ns = since_ns;
    return next;
}

bool lives_build(struct lives *lives, const struct lives_rows *of)
{
    struct lives_entry *list;
    size_t count = 0;

    if (!of->order->count)
        return true;
    /* Not more than there are rows. */
    list = reallocarray(NULL, of->order->count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < of->order->count; i++) {
        size_t row = of->order->of_inum[i].row;
        struct lives_entry *last = count ? &list[count - 1] : NULL;

        if (!last || last->inum != of->rows[row].netns.inum)
            list[count++] = first_life(of, row);
        else if (goes_on(last, of, row))
            last->last_row = row;
        else
            list[count++] = next_life(last, of, row);
    }
    free(lives->list);
    *lives = (struct lives){list, count};
    return true;
}

void lives_free(struct lives *lives)
{
    free(lives->list);
    *lives = (struct lives){0};
}

static struct life unknown(uint64_t first_ts_ns, uint64_t begin_ns, uint64_t end_ns)
{
    return (struct life){.first_ts_ns = first_ts_ns, .begin_ns = begin_ns, .end_ns = end_ns};
}

/* Where the first that is known begins so. */
static struct life before_first(uint64_t begin_ns)
{
    return unknown(1, 0, begin_ns - 1);
}

/* That one, or what comes after it until the next begins. */
static struct life describe(const struct lives_entry *life, const struct lives_rows *of,
                            uint64_t ts_ns, uint64_t until_ns)
{
    const struct nst_known_netns *last = &of->rows[life->last_row];
    uint64_t end_ns = latest(of, life->last_row);

    if (ts_ns > end_ns)
        return unknown(last->last_ts_ns + 1, end_ns + 1, until_ns);
    return (struct life){
        .is_known = true,
        .is_over = is_over(of, life->last_row),
        .is_gone = last->flags & NST_NETNS_GONE,
        .first_ts_ns = life->first_ts_ns,
        .last_ts_ns = last->last_ts_ns,
        .begin_ns = life->begin_ns,
        .end_ns = end_ns < until_ns ? end_ns : until_ns,
    };
}

/* How many begin no later than that moment of the inum. */
static size_t count_begun(const struct lives *lives, uint32_t inum, uint64_t ts_ns)
{
    struct search s = search_in(lives->count);

    while (search_step(&s)) {
        const struct lives_entry *life = &lives->list[s.at];

        search_tell(&s, life->inum < inum || (life->inum == inum && life->begin_ns <= ts_ns));
    }
    return s.at;
}

struct life lives_at(const struct lives *lives, const struct lives_rows *of, uint32_t inum,
                     uint64_t ts_ns)
{
    size_t begun = count_begun(lives, inum, ts_ns);
    const struct lives_entry *next = lives->list + begun;
    bool has_next = begun < lives->count && next->inum == inum;

    if (begun && next[-1].inum == inum)
        return describe(&next[-1], of, ts_ns, has_next ? next->begin_ns - 1 : UINT64_MAX);
    return has_next ? before_first(next->begin_ns) : unknown(0, 0, UINT64_MAX);
}

struct life lives_among(const struct lives_rows *of, const struct nst_netns *netns, uint64_t ts_ns)
{
    struct by_netns_of rows = by_netns_find(of->order, netns, 0, 0, UINT64_MAX);
    struct lives_entry life = {0}, next;
    bool is_known = false;
    size_t row;

    while (by_netns_next(&rows, &row)) {
        if (is_known && goes_on(&life, of, row)) {
            life.last_row = row;
            continue;
        }
        next = is_known ? next_life(&life, of, row) : first_life(of, row);
        if (next.begin_ns > ts_ns)
            return is_known ? describe(&life, of, ts_ns, next.begin_ns - 1)
                            : before_first(next.begin_ns);
        life = next;
        is_known = true;
    }
    return is_known ? describe(&life, of, ts_ns, UINT64_MAX) : unknown(0, 0, UINT64_MAX);
}

void life_widen(const struct life *life, uint64_t *first_ts_ns, uint64_t *last_ts_ns)
{
    uint64_t first = *first_ts_ns;

    /* Of all the time nothing is known, or of this one: then no longer than it was seen. */
    if (!life->is_known && life->first_ts_ns)
        return;
    if (!life->is_known || first <= life->first_ts_ns || first - life->first_ts_ns <= SETTING_UP_NS)
        *first_ts_ns = life->begin_ns;
    if (!life->is_known || *last_ts_ns >= life->last_ts_ns ||
        (life->is_over && life->last_ts_ns - *last_ts_ns <= SETTING_UP_NS))
        *last_ts_ns = life->end_ns;
}
