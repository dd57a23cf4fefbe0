/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/dedup.h"

#include <assert.h>
#include <stdlib.h>

#define CHAINS (DEDUP_MAX * 2)

/* Both directions: no packet has it, loopback's does. */
#define DIRECTION_BOTH (PCAPNG_DIRECTION_IN | PCAPNG_DIRECTION_OUT)

#define NODE_PLACES 7

/*
 * Places where a packet has been. Those of a packet that has been in more, as a broadcast on a
 * bridge, go to further nodes: when chapter 0 is full, a place is in the one of CHAPTERS
 * chapters that it chooses by its number, or in the one CHAPTERS after that...
 */
struct dedup_node {
    uint64_t journey;
    uint32_t origin;
    uint32_t previous; /* in its chain */
    uint16_t chapter;
    uint16_t count;
    uint32_t places[NODE_PLACES]; /* interface and direction */
    uint16_t probes[NODE_PLACES]; /* that saw the packet there first */
};
static_assert(sizeof(struct dedup_node) == 64, "a cache line");

#define CHAPTERS 64

bool dedup_init(struct dedup *d)
{
    d->nodes = calloc(DEDUP_MAX, sizeof(*d->nodes));
    d->chains = calloc(CHAINS, sizeof(*d->chains));
    /* Chains begin at node 0, which is out of the ring's reach by then: they are empty. */
    d->next = DEDUP_MAX + 1;
    if (d->nodes && d->chains)
        return true;
    dedup_free(d);
    return false;
}

void dedup_free(struct dedup *d)
{
    free(d->nodes);
    free(d->chains);
    *d = (struct dedup){0};
}

static uint32_t *chain_of(struct dedup *d, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint64_t hash = journey + ((uint64_t)origin << 48) + ((uint64_t)chapter << 32);

    return &d->chains[(hash * 0x9e3779b97f4a7c15) >> 32 & (CHAINS - 1)];
}

/* NULL: there is none. */
static struct dedup_node *find(struct dedup *d, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint32_t at = *chain_of(d, journey, origin, chapter);

    /* Chains lead from newer to older nodes, and end where those have been made anew. */
    while (d->next - at <= DEDUP_MAX) {
        struct dedup_node *node = &d->nodes[at & (DEDUP_MAX - 1)];

        if (node->journey == journey && node->origin == origin && node->chapter == chapter)
            return node;
        if (d->next - node->previous <= d->next - at)
            break;
        at = node->previous;
    }
    return NULL;
}

static struct dedup_node *make(struct dedup *d, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint32_t *chain = chain_of(d, journey, origin, chapter);
    struct dedup_node *node = &d->nodes[d->next & (DEDUP_MAX - 1)];

    *node = (struct dedup_node){
        .journey = journey,
        .origin = origin,
        .previous = *chain,
        .chapter = chapter,
    };
    *chain = d->next++;
    return node;
}

/* A place of a packet, or where it would stand. */
struct dedup_spot {
    struct dedup_node *node; /* NULL: in a node of that chapter that is to be made */
    unsigned index;         /* NODE_PLACES: nowhere, after hundreds of thousands of places */
    uint16_t chapter;
};

/* False: the packet has not been there. */
static bool look_up(struct dedup *d, uint64_t journey, uint32_t origin, uint32_t place,
                    struct dedup_spot *spot)
{
    unsigned chapter = 0;

    for (;;) {
        struct dedup_node *node = find(d, journey, origin, (uint16_t)chapter);
        unsigned i = 0;

        while (node && i < node->count && node->places[i] != place)
            i++;
        *spot = (struct dedup_spot){node, i, (uint16_t)chapter};
        if (node && i < node->count)
            return true;
        if (i < NODE_PLACES || chapter + CHAPTERS > UINT16_MAX)
            return false;
        chapter = chapter ? chapter + CHAPTERS : 1 + (place >> 2) % CHAPTERS;
    }
}

static void remember(struct dedup *d, uint64_t journey, uint32_t origin, uint32_t place,
                     uint16_t probe, struct dedup_spot *spot)
{
    struct dedup_node *node = spot->node;

    if (spot->index == NODE_PLACES)
        return;
    if (!node)
        node = make(d, journey, origin, spot->chapter);
    node->places[spot->index] = place;
    node->probes[spot->index] = probe;
    node->count++;
}

bool dedup_keeps(struct dedup *d, uint64_t journey, const struct dedup_sighting *where)
{
    unsigned direction = where->loopback ? DIRECTION_BOTH : where->direction;
    uint32_t interface = where->interface << 2;
    struct dedup_spot spot;

    if (!journey)
        return true;
    if (direction == PCAPNG_DIRECTION_UNKNOWN &&
        (look_up(d, journey, where->origin, interface | PCAPNG_DIRECTION_IN, &spot) ||
         look_up(d, journey, where->origin, interface | PCAPNG_DIRECTION_OUT, &spot)))
        return false;
    if (look_up(d, journey, where->origin, interface | direction, &spot))
        return spot.node->probes[spot.index] == where->probe;
    remember(d, journey, where->origin, interface | direction, where->probe, &spot);
    return true;
}
