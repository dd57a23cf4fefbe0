/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/address.h"

#include <errno.h>
#include <stdlib.h>

#include "format/nstrail.h"

int nst_addresses_init(struct addresses *a, enum stream refs, enum stream values)
{
    *a = (struct addresses){.refs = refs, .values = values};
    a->known = malloc(NST_MAX_EVENTS * sizeof(*a->known));
    return nst_hash_init(&a->table) < 0 || !a->known ? -ENOMEM : 0;
}

void nst_addresses_free(struct addresses *a)
{
    free(a->known);
    nst_hash_free(&a->table);
}

void nst_addresses_clear(struct addresses *a)
{
    a->count = 0;
    nst_hash_clear(&a->table);
}

void nst_addresses_put(struct addresses *a, struct streams *s, uint64_t address)
{
    uint32_t hash = (uint32_t)hash_mix(1, address);
    const struct hash_slot *slot;

    for (slot = nst_hash_first(&a->table, hash); slot->entry;
         slot = nst_hash_next(&a->table, slot)) {
        if (a->known[slot->entry - 1] == address) {
            stream_put(s, a->refs, slot->entry);
            return;
        }
    }
    stream_put(s, a->refs, 0);
    stream_put(s, a->values, zigzag(address - (a->count ? a->known[a->count - 1] : 0)));
    nst_hash_add(&a->table, hash, a->count);
    a->known[a->count++] = address;
}
