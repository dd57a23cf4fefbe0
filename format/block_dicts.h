/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The writer's dictionaries and, of the open block, which of their entries it has and what sites:
 * an event brings what it refers to into its block. Internal.
 */
#ifndef NST_FORMAT_BLOCK_DICTS_H
#define NST_FORMAT_BLOCK_DICTS_H

#include "format/dict_columns.h"

struct block_dicts {
    struct dict dicts[DICTS];
    struct sites sites;
    uint32_t block;                     /* the open one, counted from 1 */
    size_t bytes;                       /* about what all of it will take there */
    uint64_t netns_bits[2], probe_bits; /* as struct nst_block_info has them */
};

int nst_block_dicts_init(struct block_dicts *d);
void nst_block_dicts_free(struct block_dicts *d);
/* Begins another block, which has nothing yet. */
void nst_block_dicts_next(struct block_dicts *d);

/* Whether all that the event refers to is there. */
static inline bool nst_block_dicts_have(const struct block_dicts *d, const struct nst_event *ev)
{
    const struct dict *dicts = d->dicts;

    return ev->probe < dicts[OF_PROBE].count && nst_dict_has(&dicts[OF_NETNS], ev->netns) &&
           nst_dict_has(&dicts[OF_DEVICE], ev->device) && nst_dict_has(&dicts[OF_TASK], ev->task) &&
           nst_dict_has(&dicts[OF_REASON], ev->drop_reason) &&
           nst_dict_has(&dicts[OF_FRAME], ev->stack);
}

/* nst_block_dicts_use() of an entry that the block lacks. */
int nst_block_dicts_take(struct block_dicts *d, enum count_of kind, uint32_t index);

/* Makes an entry part of the block. NST_NONE is part of all. 0 or -ENOMEM. */
static inline int nst_block_dicts_use(struct block_dicts *d, enum count_of kind, uint32_t index)
{
    if (index == NST_NONE || d->dicts[kind].entries[index].block == d->block)
        return 0;
    return nst_block_dicts_take(d, kind, index);
}

/* Where an entry stands in the block, that it is part of. */
static inline uint32_t nst_block_dicts_local(const struct block_dicts *d, enum count_of kind,
                                             uint32_t index)
{
    return d->dicts[kind].entries[index].local;
}

/* Makes a site part of the block that it lacks, with all that the event there refers to.
 * 0 or -ENOMEM. */
int nst_block_dicts_add_site(struct block_dicts *d, const struct nst_event *ev,
                             const struct site *site);

/* The site of an event that follows one at `before` (index + 1; 0: begins a chain). *expected:
 * it is the one that a reader takes it for. 0 or -ENOMEM. */
static inline int nst_block_dicts_site(struct block_dicts *d, const struct nst_event *ev,
                                       uint32_t before, uint32_t *index, bool *expected)
{
    struct site site = site_of(ev);
    uint32_t likely = d->sites.successor[before];

    *expected = likely < d->sites.count && same_site(&d->sites.list[likely], &site);
    *index = *expected ? likely : nst_sites_find(&d->sites, &site);
    return *index < d->sites.count ? 0 : nst_block_dicts_add_site(d, ev, &site);
}

#endif
