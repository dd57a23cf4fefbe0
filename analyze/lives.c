/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/lives.h"

#include <stdlib.h>

#include "analyze/names.h"

/* The row tells what changed within that life. */
static bool goes_on(const struct lives_entry *life, const struct lives_rows *of, size_t row)
{
    return of->rows[row].first_ts_ns <= of->rows[life->last_row].last_ts_ns;
}

/* The first that is known of an inum. */
static struct lives_entry first_life(const struct lives_rows *of, size_t row)
{
    return (struct lives_entry){
        .inum = of->rows[row].netns.inum,
        .first_ts_ns = of->rows[row].first_ts_ns,
        .last_row = row,
    };
}

/* The one after it. */
static struct lives_entry next_life(const struct lives_entry *life, const struct lives_rows *of,
                                    size_t row)
{
    struct lives_entry next = first_life(of, row);
    uint64_t last_ts_ns = of->rows[life->last_row].last_ts_ns;

    next.begin_ns = next.first_ts_ns > SETTING_UP_NS ? next.first_ts_ns - SETTING_UP_NS : 0;
    if (next.begin_ns <= last_ts_ns)
        next.begin_ns = last_ts_ns + 1;
    return next;
}

bool lives_build(struct lives *lives, const struct lives_rows *of)
{
    struct lives_entry *list;
    size_t count = 0;

    if (!of->count)
        return true;
    /* Not more than there are rows. */
    list = reallocarray(NULL, of->count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < of->count; i++) {
        size_t row = of->order[i];
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

static struct life describe(const struct lives_entry *life, const struct lives_rows *of,
                            uint64_t end_ns)
{
    const struct nst_known_netns *last = &of->rows[life->last_row];
    bool is_gone = last->flags & NST_NETNS_GONE;

    return (struct life){
        .is_known = true,
        .is_over = is_gone || last->last_ts_ns < of->until_ns,
        .is_gone = is_gone,
        .first_ts_ns = life->first_ts_ns,
        .last_ts_ns = last->last_ts_ns,
        .begin_ns = life->begin_ns,
        .end_ns = end_ns,
    };
}

/* How many begin no later than that moment of the inum. */
static size_t count_begun(const struct lives *lives, uint32_t inum, uint64_t ts_ns)
{
    size_t low = 0, high = lives->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lives_entry *life = &lives->list[middle];

        if (life->inum < inum || (life->inum == inum && life->begin_ns <= ts_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct life lives_at(const struct lives *lives, const struct lives_rows *of, uint32_t inum,
                     uint64_t ts_ns)
{
    size_t begun = count_begun(lives, inum, ts_ns);
    const struct lives_entry *next = lives->list + begun;

    /* The first of an inum has begun at any time. */
    if (!begun || next[-1].inum != inum)
        return (struct life){.end_ns = UINT64_MAX};
    if (begun < lives->count && next->inum == inum)
        return describe(&next[-1], of, next->begin_ns - 1);
    return describe(&next[-1], of, UINT64_MAX);
}

struct life lives_among(const struct lives_rows *of, const struct nst_netns *netns, uint64_t ts_ns)
{
    struct lives_entry life = {0}, next;
    bool is_known = false;

    for (size_t i = 0; i < of->count; i++) {
        size_t row = of->order[i];

        if (!names_same_netns(&of->rows[row].netns, netns))
            continue;
        if (is_known && goes_on(&life, of, row)) {
            life.last_row = row;
            continue;
        }
        next = is_known ? next_life(&life, of, row) : first_life(of, row);
        if (next.begin_ns > ts_ns)
            return describe(&life, of, next.begin_ns - 1);
        life = next;
        is_known = true;
    }
    return is_known ? describe(&life, of, UINT64_MAX) : (struct life){.end_ns = UINT64_MAX};
}

void life_widen(const struct life *life, uint64_t *first_ts_ns, uint64_t *last_ts_ns)
{
    uint64_t first = *first_ts_ns;

    if (!life->is_known || first <= life->first_ts_ns || first - life->first_ts_ns <= SETTING_UP_NS)
        *first_ts_ns = life->begin_ns;
    if (!life->is_known || *last_ts_ns >= life->last_ts_ns ||
        (life->is_over && life->last_ts_ns - *last_ts_ns <= SETTING_UP_NS))
        *last_ts_ns = life->end_ns;
}
