/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/site.h"

#include <errno.h>
#include <stdlib.h>

int nst_sites_init(struct sites *s)
{
    s->list = malloc(NST_MAX_EVENTS * sizeof(*s->list));
    s->successor = malloc((NST_MAX_EVENTS + 1) * sizeof(*s->successor));
    if (nst_hash_init(&s->table) < 0 || !s->list || !s->successor)
        return -ENOMEM;
    nst_sites_clear(s);
    return 0;
}

void nst_sites_free(struct sites *s)
{
    free(s->list);
    free(s->successor);
    nst_hash_free(&s->table);
}

void nst_sites_clear(struct sites *s)
{
    s->count = 0;
    s->successor[0] = 0;
    nst_hash_clear(&s->table);
}

static uint32_t hash_site(const struct site *site)
{
    uint64_t h = hash_mix(hash_mix(1, site->words[0]), site->words[1]);

    return (uint32_t)hash_mix(hash_mix(h, site->words[2]), site->words[3]);
}

uint32_t nst_sites_find(const struct sites *s, const struct site *site)
{
    uint32_t hash = hash_site(site);
    const struct hash_slot *slot;

    for (slot = nst_hash_first(&s->table, hash); slot->entry;
         slot = nst_hash_next(&s->table, slot)) {
        if (slot->hash == hash && same_site(&s->list[slot->entry - 1], site))
            return slot->entry - 1;
    }
    return s->count;
}

int nst_sites_add(struct sites *s, const struct site *site)
{
    if (nst_hash_room(&s->table) < 0)
        return -ENOMEM;
    nst_hash_add(&s->table, hash_site(site), s->count);
    s->list[s->count++] = *site;
    s->successor[s->count] = 0;
    return 0;
}
