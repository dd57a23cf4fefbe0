/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A map from byte strings to row ids: which rows of a small table are there already. */
#ifndef NST_ANALYZE_INTERN_H
#define NST_ANALYZE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern {
    struct intern_entry **buckets;
    size_t buckets_count; /* a power of two, or 0 */
    size_t count;
};

/* The id that was stored for the key, or 0. */
int64_t intern_find(const struct intern *map, const void *key, size_t length);
/* False: no memory. The key is copied and must not be in the map yet. */
bool intern_add(struct intern *map, const void *key, size_t length, int64_t id);
void intern_clear(struct intern *map);

#endif
