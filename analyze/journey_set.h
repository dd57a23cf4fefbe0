/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Journeys of one capture by their ids: 24 to 48 bytes each. */
#ifndef NST_ANALYZE_JOURNEY_SET_H
#define NST_ANALYZE_JOURNEY_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/hash.h"

/* Of zeros: an empty one. */
struct journey_set {
    uint64_t *ids;
    size_t count, room;
    struct hash_table by_id;
};

void journey_set_free(struct journey_set *set);

/* False: no memory. */
bool journey_set_add(struct journey_set *set, uint64_t id);
bool journey_set_has(const struct journey_set *set, uint64_t id);

#endif
