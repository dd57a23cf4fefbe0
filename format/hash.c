/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

enum { SLOTS_AT_FIRST = 1024 };

int nst_hash_init(struct hash_table *t)
{
    *t = (struct hash_table){.slots = calloc(SLOTS_AT_FIRST, sizeof(*t->slots)),
                             .mask = SLOTS_AT_FIRST - 1};
    return t->slots ? 0 : -ENOMEM;
}

void nst_hash_free(struct hash_table *t)
{
    free(t->slots);
    *t = (struct hash_table){0};
}

void nst_hash_clear(struct hash_table *t)
{
    if (t->used)
        memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
    t->used = 0;
}

static void place(struct hash_table *t, struct hash_slot slot)
{
    uint32_t i = slot.hash & t->mask;

    while (t->slots[i].entry)
        i = (i + 1) & t->mask;
    t->slots[i] = slot;
}

int nst_hash_grow(struct hash_table *t)
{
    struct hash_table bigger = {.mask = t->mask * 2 + 1, .used = t->used};
    uint32_t i;

    bigger.slots = calloc((size_t)bigger.mask + 1, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    for (i = 0; i <= t->mask; i++) {
        if (t->slots[i].entry)
            place(&bigger, t->slots[i]);
    }
    free(t->slots);
    *t = bigger;
    return 0;
}

void nst_hash_add(struct hash_table *t, uint32_t hash, uint32_t index)
{
    place(t, (struct hash_slot){.hash = hash, .entry = index + 1});
    t->used++;
}

/* Byte by byte: of eight at once a difference in the highest bit could be undone by the next. */
uint64_t nst_hash_bytes(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t hash;
    size_t i;

    memcpy(&hash, (const void *)getauxval(AT_RANDOM), sizeof(hash));
    for (i = 0; i < len; i++)
        hash = hash_mix(hash, p[i]);
    return hash;
}
