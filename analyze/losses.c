/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/losses.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/counters.h"
#include "format/array.h"

static bool add(struct losses *l, const struct loss *loss)
{
    struct loss *list = nst_array_room(l->list, l->count, &l->room, sizeof(*list));

    if (!list)
        return false;
    l->list = list;
    l->list[l->count++] = *loss;
    return true;
}

/* since_ts_ns: the time of the tables with counters before these; 0: there are none. */
static bool note(struct losses *l, struct counters *counters, const struct nst_counter *counter,
                 uint64_t since_ts_ns, uint64_t ts_ns)
{
    struct loss loss = {
        .counter = counter->name,
        .probe = counter->probe,
        .cpu = counter->cpu,
        .since_ts_ns = since_ts_ns,
        .until_ts_ns = ts_ns,
    };
    struct counter_was was;

    if (!counters_note(counters, counter, ts_ns, &was))
        return false;
    if (!since_ts_ns || !counter->known || counter->value <= was.value)
        return true;
    loss.events = counter->value - was.value;
    return add(l, &loss);
}

bool losses_gather(struct losses *l, const struct nst_tables *const *history, size_t count,
                   uint64_t since_ts_ns)
{
    struct counters counters = {0};
    bool ok = true;

    *l = (struct losses){0};
    for (size_t i = 0; i < count && ok; i++) {
        const struct nst_tables *tables = history[i];

        for (size_t j = 0; j < tables->counters_count && ok; j++)
            if (counters_is_loss(&tables->counters[j]))
                ok = note(l, &counters, &tables->counters[j], since_ts_ns, tables->ts_ns);
        if (tables->counters_count)
            since_ts_ns = tables->ts_ns;
    }
    counters_clear(&counters);
    return ok;
}

static bool add_up(struct losses *sum, struct intern *index, const struct loss *loss)
{
    const struct nst_counter counter = {
        .name = loss->counter, .probe = loss->probe, .cpu = loss->cpu};
    char key[COUNTERS_KEY_MAX];
    size_t length = counters_key(key, &counter);
    int64_t at = intern_find(index, key, length);

    if (!at)
        return add(sum, loss) && intern_add(index, key, length, (int64_t)sum->count);
    sum->list[at - 1].events += loss->events;
    sum->list[at - 1].until_ts_ns = loss->until_ts_ns;
    return true;
}

bool losses_sum(struct losses *sum, const struct losses *l)
{
    struct intern index = {0};
    bool ok = true;

    *sum = (struct losses){0};
    for (size_t i = 0; i < l->count && ok; i++)
        ok = add_up(sum, &index, &l->list[i]);
    intern_clear(&index);
    return ok;
}

void losses_free(struct losses *l)
{
    free(l->list);
    *l = (struct losses){0};
}
