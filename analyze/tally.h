/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts of events by what the blocks' dictionaries name: a dictionary differs from block to
 * block, a tally's entries are the same for all files. */
#ifndef NST_ANALYZE_TALLY_H
#define NST_ANALYZE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/intern.h"
#include "format/nstrail.h"

/* What tells entries apart. Fields that a tally has no use for are 0 or NULL. */
struct tally_key {
    unsigned host;
    struct nst_netns netns; /* inum 0: none */
    uint32_t number;        /* an ifindex, a kind of probe, a drop reason's number */
    const char *subsys;     /* NULL: none, which is not "" */
    const char *name;
};

struct tally_entry {
    struct tally_key key; /* owns its strings */
    uint64_t events;
    uint64_t drops;
    uint64_t len_bytes;
    uint64_t caplen_bytes;
};

struct tally {
    struct tally_entry **list; /* as they were made, until tally_rank() */
    size_t count;
    size_t room;
    struct intern index; /* by key into that, plus one */
};

bool tally_has(const struct tally *t, const struct tally_key *key);
/* The entry of that key, made if need be. It stays where it is. NULL: no memory. */
struct tally_entry *tally_find(struct tally *t, const struct tally_key *key);
void tally_add(struct tally_entry *entry, const struct nst_event *event);
/* Sorts them, those with most events first. tally_has() and tally_find() must not be called
 * afterwards. */
void tally_rank(struct tally *t);
void tally_free(struct tally *t);

#endif
