/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_index.h"

#include <stdlib.h>

#include "format/array.h"

/* What those of a chain have in common, without a gap between. */
struct chain_key {
    uint64_t mark; /* the cookie, or the life */
    uint32_t host, inum, number, way;
};

static struct chain_key chain_of(enum netns_index_way way, const struct netns_index_key *key,
                                 uint64_t mark)
{
    return (struct chain_key){mark, key->host, key->inum, key->number, way};
}

static uint64_t mark_of(enum netns_index_way way, const struct netns_index_key *key)
{
    if (way == NETNS_INDEX_INUM)
        return 0;
    return way == NETNS_INDEX_COOKIE ? key->cookie : key->life_ns;
}

static size_t first_of(const struct netns_index *set, enum netns_index_way way,
                       const struct netns_index_key *key, uint64_t mark)
{
    const struct chain_key chain = chain_of(way, key, mark);
    int64_t id = intern_find(&set->firsts[way], &chain, sizeof(chain));

    return id ? (size_t)id - 1 : SIZE_MAX;
}

static bool link_last(struct netns_index *set, enum netns_index_way way,
                      const struct netns_index_key *key)
{
    const struct chain_key chain = chain_of(way, key, mark_of(way, key));
    size_t first = first_of(set, way, key, chain.mark), at = set->count;

    set->links[at][way] = (struct netns_index_link){.next = SIZE_MAX, .last = at};
    if (first == SIZE_MAX)
        return intern_add(&set->firsts[way], &chain, sizeof(chain), (int64_t)at + 1);
    set->links[set->links[first][way].last][way].next = at;
    set->links[first][way].last = at;
    return true;
}

bool netns_index_add(struct netns_index *set, const struct netns_index_key *key)
{
    struct netns_index_link(*links)[NETNS_INDEX_WAYS] =
        nst_array_room(set->links, set->count, &set->room, sizeof(*links));

    if (!links)
        return false;
    set->links = links;
    for (int way = 0; way < NETNS_INDEX_WAYS; way++)
        if (!link_last(set, (enum netns_index_way)way, key))
            return false;
    set->count++;
    return true;
}

void netns_index_clear(struct netns_index *set)
{
    for (int way = 0; way < NETNS_INDEX_WAYS; way++)
        intern_clear(&set->firsts[way]);
    free(set->links);
    *set = (struct netns_index){0};
}

struct netns_index_of netns_index_find(const struct netns_index *set,
                                       const struct netns_index_key *key)
{
    struct netns_index_of of = {set, NETNS_INDEX_INUM, SIZE_MAX, SIZE_MAX};

    if (key->cookie)
        of.way = NETNS_INDEX_COOKIE;
    else if (key->life_ns)
        of.way = NETNS_INDEX_LIFE;
    of.at = first_of(set, of.way, key, mark_of(of.way, key));
    if (of.way != NETNS_INDEX_INUM)
        of.then = first_of(set, of.way, key, 0);
    return of;
}

size_t netns_index_next(struct netns_index_of *of)
{
    size_t at = of->at;

    if (at == SIZE_MAX) {
        at = of->then;
        of->then = SIZE_MAX;
    }
    of->at = at == SIZE_MAX ? SIZE_MAX : of->set->links[at][of->way].next;
    return at;
}
