/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/seen.h"

#include <assert.h>
#include <stdlib.h>

#define CHAINS (SEEN_MAX * 2)

/* Both directions: no packet has it, loopback's does. */
#define DIRECTION_BOTH (PCAPNG_DIRECTION_IN | PCAPNG_DIRECTION_OUT)

#define NODE_PLACES 7

/*
 * Places where a packet has been. Those of a packet that has been in more, as a broadcast on a
 * bridge, go to further nodes: when chapter 0 is full, a place is in the one of CHAPTERS
 * chapters that it chooses by its number, or in the one CHAPTERS after that...
 */
struct seen_node {
    uint64_t journey;
    uint32_t origin;
    uint32_t previous; /* in its chain */
    uint16_t chapter;
    uint16_t count;
    uint32_t places[NODE_PLACES]; /* interface and direction */
    uint16_t probes[NODE_PLACES]; /* that saw the packet there first */
};
static_assert(sizeof(struct seen_node) == 64, "a cache line");

#define CHAPTERS 64

bool seen_init(struct seen *s)
{
    s->nodes = calloc(SEEN_MAX, sizeof(*s->nodes));
    s->chains = calloc(CHAINS, sizeof(*s->chains));
    /* Chains begin at node 0, which is out of the ring's reach by then: they are empty. */
    s->next = SEEN_MAX + 1;
    if (s->nodes && s->chains)
        return true;
    seen_free(s);
    return false;
}

void seen_free(struct seen *s)
{
    free(s->nodes);
    free(s->chains);
    *s = (struct seen){0};
}

static uint32_t *chain_of(struct seen *s, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint64_t hash = journey + ((uint64_t)origin << 48) + ((uint64_t)chapter << 32);

    return &s->chains[(hash * 0x9e3779b97f4a7c15) >> 32 & (CHAINS - 1)];
}

/* NULL: there is none. */
static struct seen_node *find(struct seen *s, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint32_t at = *chain_of(s, journey, origin, chapter);

    /* Chains lead from newer to older nodes, and end where those have been made anew. */
    while (s->next - at <= SEEN_MAX) {
        struct seen_node *node = &s->nodes[at & (SEEN_MAX - 1)];

        if (node->journey == journey && node->origin == origin && node->chapter == chapter)
            return node;
        if (s->next - node->previous <= s->next - at)
            break;
        at = node->previous;
    }
    return NULL;
}

static struct seen_node *make(struct seen *s, uint64_t journey, uint32_t origin, uint16_t chapter)
{
    uint32_t *chain = chain_of(s, journey, origin, chapter);
    struct seen_node *node = &s->nodes[s->next & (SEEN_MAX - 1)];

    *node = (struct seen_node){
        .journey = journey,
        .origin = origin,
        .previous = *chain,
        .chapter = chapter,
    };
    *chain = s->next++;
    return node;
}

/* A place of a packet, or where it would stand. */
struct seen_spot {
    struct seen_node *node; /* NULL: in a node of that chapter that is to be made */
    unsigned index;         /* NODE_PLACES: nowhere, after hundreds of thousands of places */
    uint16_t chapter;
};

/* False: the packet has not been there. */
static bool look_up(struct seen *s, uint64_t journey, uint32_t origin, uint32_t place,
                    struct seen_spot *spot)
{
    unsigned chapter = 0;

    for (;;) {
        struct seen_node *node = find(s, journey, origin, (uint16_t)chapter);
        unsigned i = 0;

        while (node && i < node->count && node->places[i] != place)
            i++;
        *spot = (struct seen_spot){node, i, (uint16_t)chapter};
        if (node && i < node->count)
            return true;
        if (i < NODE_PLACES || chapter + CHAPTERS > UINT16_MAX)
            return false;
        chapter = chapter ? chapter + CHAPTERS : 1 + (place >> 2) % CHAPTERS;
    }
}

static void remember(struct seen *s, uint64_t journey, uint32_t origin, uint32_t place,
                     uint16_t probe, struct seen_spot *spot)
{
    struct seen_node *node = spot->node;

    if (spot->index == NODE_PLACES)
        return;
    if (!node)
        node = make(s, journey, origin, spot->chapter);
    node->places[spot->index] = place;
    node->probes[spot->index] = probe;
    node->count++;
}

bool seen_counts(struct seen *s, uint64_t journey, const struct seen_where *where)
{
    unsigned direction = where->loopback ? DIRECTION_BOTH : where->direction;
    uint32_t interface = where->interface << 2;
    struct seen_spot spot;

    if (!journey)
        return true;
    if (direction == PCAPNG_DIRECTION_UNKNOWN &&
        (look_up(s, journey, where->origin, interface | PCAPNG_DIRECTION_IN, &spot) ||
         look_up(s, journey, where->origin, interface | PCAPNG_DIRECTION_OUT, &spot)))
        return false;
    if (look_up(s, journey, where->origin, interface | direction, &spot))
        return spot.node->probes[spot.index] == where->probe;
    remember(s, journey, where->origin, interface | direction, where->probe, &spot);
    return true;
}
