/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses of kernel objects, each stored once in a block. They are few: buffers are used
 * again as soon as they are free. Internal.
 */
#ifndef NST_FORMAT_ADDRESS_H
#define NST_FORMAT_ADDRESS_H

#include "format/hash.h"
#include "format/streams.h"

struct addresses {
    uint64_t *known; /* room for one an event */
    uint32_t count;
    struct hash_table table;
    enum stream refs, values;
};

int nst_addresses_init(struct addresses *a, enum stream refs, enum stream values);
void nst_addresses_free(struct addresses *a);
void nst_addresses_clear(struct addresses *a);

/* Makes sure that the next nst_addresses_put() has room. 0 or -ENOMEM. */
static inline int nst_addresses_room(struct addresses *a)
{
    return nst_hash_room(&a->table);
}

void nst_addresses_put(struct addresses *a, struct streams *s, uint64_t address);

#endif
