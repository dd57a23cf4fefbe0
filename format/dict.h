/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The writer's dictionaries. Entries live as long as the writer; each block holds only those
 * that its events use, so an entry also knows its index in the open block. Internal.
 */
#ifndef NST_FORMAT_DICT_H
#define NST_FORMAT_DICT_H

#include "format/hash.h"
#include "format/nstrail.h"

/* What all kinds of entries are made of:
 *   netns   {cookie, inum}
 *   device  {netns, ifindex, name}
 *   task    {pid, tgid, comm}
 *   probe   {kind, 0, symbol}
 *   reason  {number, 0, subsystem, name}
 *   frame   {caller, frames from here outwards, name} */
struct dict_key {
    uint64_t first;
    uint32_t second;
    const char *names[2]; /* may be NULL */
};

struct dict_entry {
    struct dict_key key;
    uint32_t hash;
    uint32_t block; /* the block, counted from 1, that `local` is good for */
    bool forgotten; /* free for another one; `local` is then the next such, plus 1 */
    uint32_t local;
};

struct dict {
    struct dict_entry *entries;
    size_t room;        /* how many there is memory for */
    uint32_t count;     /* with those forgotten */
    uint32_t forgotten; /* the first one, plus 1; 0: none */
    struct hash_table table;

    /* Of the open block: its entries in the order of their local indices. */
    uint32_t *used;
    uint32_t used_count;
    size_t used_room;
};

int nst_dict_init(struct dict *d);
void nst_dict_free(struct dict *d);

/* The index of the entry; NST_NONE: no memory. Names are copied, up to NST_MAX_NAME. */
uint32_t nst_dict_index(struct dict *d, const struct dict_key *key);

/* NST_NONE is an index of every dictionary. */
static inline bool nst_dict_has(const struct dict *d, uint32_t index)
{
    return index == NST_NONE || index < d->count;
}

/* Forgets the entries whose byte is 0 here: their indices will be others'. None of them is part of
 * the open block. */
void nst_dict_forget(struct dict *d, const uint8_t *kept);

/* Makes the entry part of the block; its local index is then in the entry. 1: it was not
 * yet; 0: it was; -ENOMEM. */
int nst_dict_use(struct dict *d, uint32_t index, uint32_t block);

#endif
