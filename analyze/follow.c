/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/follow.h"

/* Ids of journeys are unique in a capture: the first of its files has them for all. */
static struct journey_set *set_of(struct source **sources, const struct source *s)
{
    while (!input_same_capture(&(*sources)->file, &s->file))
        sources++;
    return &(*sources)->chosen;
}

static bool choose_in_chunk(struct journey_set *set, const struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->count; i++) {
        uint64_t id = chunk->block->events[chunk->order[i]].journey_id;

        if (id && !journey_set_add(set, id))
            return false;
    }
    return true;
}

static bool choose_in_source(struct journey_set *set, struct source *s)
{
    bool ok = true;
    uint64_t ts_ns;

    source_follow(s, NULL);
    source_restart(s, NST_LOAD_META);
    while (ok && source_peek(s, &ts_ns)) {
        struct chunk *chunk = source_take(s);

        ok = !chunk || choose_in_chunk(set, chunk);
        chunk_free(chunk);
    }
    return ok;
}

void follow_begin(struct source **sources, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        source_follow(sources[i], set_of(sources, sources[i]));
}

bool follow_choose(struct source **sources, unsigned count, unsigned load)
{
    for (unsigned i = 0; i < count; i++)
        if (!choose_in_source(set_of(sources, sources[i]), sources[i]))
            return false;
    for (unsigned i = 0; i < count; i++)
        source_restart(sources[i], load);
    follow_begin(sources, count);
    return true;
}
