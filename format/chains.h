/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Chains: the events of a block that belong together, those of a journey or of an untracked
 * packet's skb. Of each chain its last event is kept, which the next is compared with. Internal.
 */
#ifndef NST_FORMAT_CHAINS_H
#define NST_FORMAT_CHAINS_H

#include "format/hash.h"
#include "format/nstrail.h"
#include "format/packets.h"

enum { CACHE_LINE = 64 };

/* What the next event of a chain is compared with: its last one. Fills a cache line, for a block
 * has thousands, and it is the waiting for them that takes an encoder's time. */
struct chain {
    uint64_t key; /* journey id; of an untracked packet its skb address */
    uint64_t journey_ts_ns, journey_head;
    uint64_t skb;
    struct known_packet packet;
    uint32_t len_bytes;
    uint32_t site;
    uint32_t cpu;
    uint32_t event : 31; /* its index in the block */
    uint32_t tracked : 1;
};

_Static_assert(sizeof(struct chain) == CACHE_LINE, "a chain is a cache line");

struct chains {
    struct chain *list; /* room for one an event */
    uint32_t count;
    struct hash_table table;
};

int nst_chains_init(struct chains *c);
void nst_chains_free(struct chains *c);
void nst_chains_clear(struct chains *c);

/* Makes sure that the next chain_begin() has room. 0 or -ENOMEM. */
static inline int chain_room(struct chains *c)
{
    return nst_hash_room(&c->table);
}

static inline uint64_t chain_key(const struct nst_event *ev)
{
    return ev->journey_id ? ev->journey_id : ev->skb;
}

static inline uint32_t chain_hash(const struct nst_event *ev)
{
    return (uint32_t)hash_mix(1, chain_key(ev));
}

/* The chain that the event continues, or NULL. */
static inline struct chain *chain_find(const struct chains *chains, const struct nst_event *ev,
                                       uint32_t hash)
{
    bool tracked = ev->journey_id != 0;
    uint64_t key = chain_key(ev);
    const struct hash_slot *s;
    struct chain *c;

    for (s = nst_hash_first(&chains->table, hash); s->entry; s = nst_hash_next(&chains->table, s)) {
        c = &chains->list[s->entry - 1];
        if (c->key == key && c->tracked == tracked && c->journey_ts_ns == ev->journey_ts_ns &&
            c->journey_head == ev->journey_head)
            return c;
    }
    return NULL;
}

/* Begins a chain: what its later events have in common. cpu: that of the event before, whichever
 * chain it is in. */
static inline struct chain *chain_begin(struct chains *chains, const struct nst_event *ev,
                                        uint32_t hash, uint32_t cpu)
{
    struct chain *c = &chains->list[chains->count];

    nst_hash_add(&chains->table, hash, chains->count++);
    *c = (struct chain){
        .key = chain_key(ev),
        .journey_ts_ns = ev->journey_ts_ns,
        .journey_head = ev->journey_head,
        .cpu = cpu,
        .tracked = ev->journey_id != 0,
    };
    return c;
}

#endif
