/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/alike.h"

#include <stdlib.h>

#include "format/array.h"

/* What those of a chain have in common, without a gap between. */
struct chain_key {
    uint64_t mark; /* the cookie, or the life */
    uint32_t host, inum, number, way;
};

static struct chain_key chain_of(enum alike_way way, const struct alike_key *key, uint64_t mark)
{
    return (struct chain_key){mark, key->host, key->inum, key->number, way};
}

static uint64_t mark_of(enum alike_way way, const struct alike_key *key)
{
    if (way == ALIKE_INUM)
        return 0;
    return way == ALIKE_COOKIE ? key->cookie : key->life_ns;
}

static size_t first_of(const struct alike *set, enum alike_way way, const struct alike_key *key,
                       uint64_t mark)
{
    const struct chain_key chain = chain_of(way, key, mark);
    int64_t id = intern_find(&set->firsts[way], &chain, sizeof(chain));

    return id ? (size_t)id - 1 : SIZE_MAX;
}

static bool link_last(struct alike *set, enum alike_way way, const struct alike_key *key)
{
    const struct chain_key chain = chain_of(way, key, mark_of(way, key));
    size_t first = first_of(set, way, key, chain.mark), at = set->count;

    set->links[at][way] = (struct alike_link){.next = SIZE_MAX, .last = at};
    if (first == SIZE_MAX)
        return intern_add(&set->firsts[way], &chain, sizeof(chain), (int64_t)at + 1);
    set->links[set->links[first][way].last][way].next = at;
    set->links[first][way].last = at;
    return true;
}

bool alike_add(struct alike *set, const struct alike_key *key)
{
    struct alike_link(*links)[ALIKE_WAYS] =
        nst_array_room(set->links, set->count, &set->room, sizeof(*links));

    if (!links)
        return false;
    set->links = links;
    for (int way = 0; way < ALIKE_WAYS; way++)
        if (!link_last(set, (enum alike_way)way, key))
            return false;
    set->count++;
    return true;
}

void alike_clear(struct alike *set)
{
    for (int way = 0; way < ALIKE_WAYS; way++)
        intern_clear(&set->firsts[way]);
    free(set->links);
    *set = (struct alike){0};
}

struct alike_of alike_find(const struct alike *set, const struct alike_key *key)
{
    struct alike_of of = {set, ALIKE_INUM, SIZE_MAX, SIZE_MAX};

    if (key->cookie)
        of.way = ALIKE_COOKIE;
    else if (key->life_ns)
        of.way = ALIKE_LIFE;
    of.at = first_of(set, of.way, key, mark_of(of.way, key));
    if (of.way != ALIKE_INUM)
        of.then = first_of(set, of.way, key, 0);
    return of;
}

size_t alike_next(struct alike_of *of)
{
    size_t at = of->at;

    if (at == SIZE_MAX) {
        at = of->then;
        of->then = SIZE_MAX;
    }
    of->at = at == SIZE_MAX ? SIZE_MAX : of->set->links[at][of->way].next;
    return at;
}
