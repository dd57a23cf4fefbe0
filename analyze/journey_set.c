/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/journey_set.h"

#include <stdlib.h>

#include "format/array.h"

static uint32_t hash_id(uint64_t id)
{
    return (uint32_t)hash_mix(0, id);
}

void journey_set_free(struct journey_set *set)
{
    free(set->ids);
    nst_hash_free(&set->by_id);
    *set = (struct journey_set){0};
}

bool journey_set_has(const struct journey_set *set, uint64_t id)
{
    uint32_t hash = hash_id(id);
    const struct hash_slot *s;

    if (!set->count)
        return false;
    for (s = nst_hash_first(&set->by_id, hash); s->entry; s = nst_hash_next(&set->by_id, s))
        if (s->hash == hash && set->ids[s->entry - 1] == id)
            return true;
    return false;
}

bool journey_set_add(struct journey_set *set, uint64_t id)
{
    uint64_t *ids;

    /* The events of a packet often come one after the other. */
    if (set->count && set->ids[set->count - 1] == id)
        return true;
    if (journey_set_has(set, id))
        return true;
    if (!set->by_id.slots && nst_hash_init(&set->by_id))
        return false;
    ids = nst_array_room(set->ids, set->count, &set->room, sizeof(*ids));
    if (!ids)
        return false;
    set->ids = ids;
    if (nst_hash_room(&set->by_id))
        return false;
    nst_hash_add(&set->by_id, hash_id(id), (uint32_t)set->count);
    set->ids[set->count++] = id;
    return true;
}
