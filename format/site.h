/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sites: what events at one place have in common. The sites of a block, and which of them
 * came after which. Internal.
 */
#ifndef NST_FORMAT_SITE_H
#define NST_FORMAT_SITE_H

#include "format/hash.h"
#include "format/nstrail.h"

/* The fields of an event that are its site, packed so that two are compared at once. */
struct site {
    uint64_t words[4];
};

static inline struct site site_of(const struct nst_event *ev)
{
    return (struct site){{
        ev->netns | (uint64_t)ev->device << 32,
        ev->rx_ifindex | (uint64_t)ev->probe << 32,
        ev->drop_reason | (uint64_t)ev->vlan_tci << 32 | (uint64_t)ev->vlan_proto << 48,
        ev->netns_source | (uint64_t)ev->flags << 8 | (uint64_t)ev->stack << 32,
    }};
}

/* The way back. */
static inline struct nst_event site_fields(const struct site *site)
{
    const uint64_t *w = site->words;

    return (struct nst_event){
        .netns = (uint32_t)w[0],
        .device = (uint32_t)(w[0] >> 32),
        .rx_ifindex = (uint32_t)w[1],
        .probe = (uint32_t)(w[1] >> 32),
        .drop_reason = (uint32_t)w[2],
        .vlan_tci = (uint16_t)(w[2] >> 32),
        .vlan_proto = (uint16_t)(w[2] >> 48),
        .netns_source = (uint8_t)w[3],
        .flags = (uint8_t)(w[3] >> 8),
        .stack = (uint32_t)(w[3] >> 32),
    };
}

static inline bool same_site(const struct site *a, const struct site *b)
{
    return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
             (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]));
}

struct sites {
    struct site *list; /* room for one an event */
    uint32_t count;
    struct hash_table table;
    /* Which site came after site n - 1 last; of 0, which one began a chain last. */
    uint32_t *successor;
};

int nst_sites_init(struct sites *s);
void nst_sites_free(struct sites *s);
void nst_sites_clear(struct sites *s);

/* Its index, or s->count: it is not there. */
uint32_t nst_sites_find(const struct sites *s, const struct site *site);
/* Adds one that is not there. 0 or -ENOMEM. */
int nst_sites_add(struct sites *s, const struct site *site);

#endif
