/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/losses.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/counts.h"

static bool add(struct losses *l, const struct loss *loss)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 16;
        struct loss *list = reallocarray(l->list, room, sizeof(*list));

        if (!list)
            return false;
        l->list = list;
        l->room = room;
    }
    l->list[l->count++] = *loss;
    return true;
}

/* since_ts_ns: when the counters were told before these. */
static bool note(struct losses *l, struct counts *counts, const struct nst_counter *counter,
                 uint64_t since_ts_ns, uint64_t ts_ns)
{
    struct loss loss = {
        .counter = counter->name,
        .probe = counter->probe,
        .cpu = counter->cpu,
        .since_ts_ns = since_ts_ns,
        .until_ts_ns = ts_ns,
    };
    struct count_was was;

    if (!counts_note(counts, counter, ts_ns, &was))
        return false;
    if (!since_ts_ns || !counter->known || counter->value <= was.value)
        return true;
    loss.events = counter->value - was.value;
    return add(l, &loss);
}

bool losses_gather(struct losses *l, const struct nst_tables *const *history, size_t count,
                   uint64_t since_ts_ns)
{
    struct counts counts = {0};
    bool ok = true;

    *l = (struct losses){0};
    for (size_t i = 0; i < count && ok; i++) {
        const struct nst_tables *tables = history[i];

        for (size_t j = 0; j < tables->counters_count && ok; j++)
            if (counts_is_loss(&tables->counters[j]))
                ok = note(l, &counts, &tables->counters[j], since_ts_ns, tables->ts_ns);
        if (tables->counters_count)
            since_ts_ns = tables->ts_ns;
    }
    counts_clear(&counts);
    return ok;
}

static bool same_string(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool same(const struct loss *a, const struct loss *b)
{
    return a->cpu == b->cpu && !strcmp(a->counter, b->counter) && same_string(a->probe, b->probe);
}

bool losses_sum(struct losses *sum, const struct losses *l)
{
    *sum = (struct losses){0};
    for (size_t i = 0; i < l->count; i++) {
        size_t at = 0;

        while (at < sum->count && !same(&sum->list[at], &l->list[i]))
            at++;
        if (at == sum->count) {
            if (!add(sum, &l->list[i]))
                return false;
            continue;
        }
        sum->list[at].events += l->list[i].events;
        sum->list[at].until_ts_ns = l->list[i].until_ts_ns;
    }
    return true;
}

void losses_free(struct losses *l)
{
    free(l->list);
    *l = (struct losses){0};
}
