/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds again what was made for a namespace (an interface, a line of a report), where more or less
 * is known of the namespace now than when it was made: its cookie, or when it lived. Thousands may
 * have had the same inum.
 */
#ifndef NST_ANALYZE_NETNS_INDEX_H
#define NST_ANALYZE_NETNS_INDEX_H

#include "analyze/intern.h"

/* What is known when something is made, or asked for. */
struct netns_index_key {
    uint32_t host, inum;
    uint32_t number;  /* of a thing in the namespace, such as an ifindex; else 0 */
    uint64_t cookie;  /* 0: not known */
    uint64_t life_ns; /* inventory_life_key(); 0: not known */
};

/* Ways to look. Each has chains: of things that are the same by what that way looks at. */
enum netns_index_way {
    NETNS_INDEX_INUM,
    NETNS_INDEX_COOKIE, /* by inum and cookie; 0 is one, too */
    NETNS_INDEX_LIFE,   /* by inum and life; 0 is one, too */
    NETNS_INDEX_WAYS
};

struct netns_index_link {
    size_t next; /* in the chain; SIZE_MAX: none */
    size_t last; /* the last of the chain, if this is its first */
};

struct netns_index {
    struct intern firsts[NETNS_INDEX_WAYS]; /* the first of a chain, plus one */
    struct netns_index_link (*links)[NETNS_INDEX_WAYS];
    size_t count, room;
};

/* The things are numbered from 0 on, as they are added. False: no memory. */
bool netns_index_add(struct netns_index *set, const struct netns_index_key *key);
void netns_index_clear(struct netns_index *set);

/* All things that can be the one: first those of which as much is known as of the key, then those
 * of which less is. */
struct netns_index_of {
    const struct netns_index *set;
    enum netns_index_way way;
    size_t at, then; /* where the two chains go on */
};

struct netns_index_of netns_index_find(const struct netns_index *set,
                                       const struct netns_index_key *key);
/* SIZE_MAX: no more. */
size_t netns_index_next(struct netns_index_of *of);

#endif
