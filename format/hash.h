/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the entries of an array by their content: open addressing, linear probing. The table
 * holds hashes and indices only, so it grows without looking at the array. Internal.
 *
 *     for (s = nst_hash_first(&t, hash); s->entry; s = nst_hash_next(&t, s)) {
 *         if (s->hash == hash && same(&array[s->entry - 1], wanted))
 *             return s->entry - 1;
 *     }
 */
#ifndef NST_FORMAT_HASH_H
#define NST_FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_slot {
    uint32_t hash;
    uint32_t entry; /* index + 1; 0: free */
};

struct hash_table {
    struct hash_slot *slots;
    uint32_t mask;
    uint32_t used;
};

/* 0 or -ENOMEM. */
int nst_hash_init(struct hash_table *t);
void nst_hash_free(struct hash_table *t);
/* Forgets all entries, keeps the memory. */
void nst_hash_clear(struct hash_table *t);
int nst_hash_grow(struct hash_table *t);

/* Makes sure that the next nst_hash_add() has room. 0 or -ENOMEM. At most half full: a look-up
 * then looks at one or two slots. */
static inline int nst_hash_room(struct hash_table *t)
{
    return t->used < t->mask / 2 ? 0 : nst_hash_grow(t);
}

/* Adds an entry that is known not to be there. */
void nst_hash_add(struct hash_table *t, uint32_t hash, uint32_t index);

static inline const struct hash_slot *nst_hash_first(const struct hash_table *t, uint32_t hash)
{
    return &t->slots[hash & t->mask];
}

static inline const struct hash_slot *nst_hash_next(const struct hash_table *t,
                                                    const struct hash_slot *s)
{
    return &t->slots[(uint32_t)(s - t->slots + 1) & t->mask];
}

/* The hash of bytes that others chose, such as a name: who wrote them cannot know what it is in
 * this process, and so not make all of them fall into one place. */
uint64_t nst_hash_bytes(const void *bytes, size_t len);

/* Mixes one more number into a hash. The upper half of a product depends on all bits below. */
static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

#endif
