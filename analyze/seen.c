/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Half full at most, so that a search is short. */
#define SLOTS (SEEN_MAX * 2)

/* Both directions: no packet has it, loopback's does. */
#define DIRECTION_BOTH (PCAPNG_DIRECTION_IN | PCAPNG_DIRECTION_OUT)

#define NODE_PLACES 8

/*
 * A cache line of places where a packet has been. Those of a packet that has been in more, as a
 * broadcast on a bridge, go to further nodes: chapter 0 is full then, and a place is in one of
 * CHAPTERS that it chooses by its number, or in the one CHAPTERS after that...
 */
struct seen_node {
    uint64_t journey; /* 0: free */
    uint32_t origin;
    uint16_t chapter;
    uint16_t count;
    uint32_t places[NODE_PLACES]; /* interface and direction */
    uint16_t probes[NODE_PLACES]; /* that saw the packet there first */
};
static_assert(sizeof(struct seen_node) == 64, "a cache line");

#define CHAPTERS 64

bool seen_init(struct seen *s)
{
    s->count = 0;
    for (unsigned i = 0; i < 2; i++)
        s->tables[i] = calloc(SLOTS, sizeof(struct seen_node));
    if (s->tables[0] && s->tables[1])
        return true;
    seen_free(s);
    return false;
}

void seen_free(struct seen *s)
{
    free(s->tables[0]);
    free(s->tables[1]);
    *s = (struct seen){0};
}

/* The node, or the free one where it would stand. Journeys that follow each other stand beside
 * each other, eight and eight: so does the memory that is touched. */
static struct seen_node *find(struct seen_node *table, uint64_t journey, uint32_t origin,
                              uint16_t chapter)
{
    uint64_t hash = (journey >> 3) + ((uint64_t)origin << 48) + ((uint64_t)chapter << 32);
    size_t slot;

    hash *= 0x9e3779b97f4a7c15;
    slot = (hash >> 32 & (SLOTS - 1) & ~(size_t)7) | (journey & 7);
    while (table[slot].journey && (table[slot].journey != journey || table[slot].origin != origin ||
                                   table[slot].chapter != chapter))
        slot = (slot + 1) & (SLOTS - 1);
    return &table[slot];
}

/* The table before the present one is forgotten, and the present one takes its place. */
static void age(struct seen *s)
{
    struct seen_node *oldest = s->tables[1];

    memset(oldest, 0, SLOTS * sizeof(*oldest));
    s->tables[1] = s->tables[0];
    s->tables[0] = oldest;
    s->count = 0;
}

/* The same in the present table, where one that only the table before has is brought to. */
static struct seen_node *find_present(struct seen *s, uint64_t journey, uint32_t origin,
                                      uint16_t chapter)
{
    struct seen_node *node = find(s->tables[0], journey, origin, chapter);
    const struct seen_node *before;

    if (node->journey)
        return node;
    before = find(s->tables[1], journey, origin, chapter);
    if (before->journey) {
        *node = *before;
        s->count++;
    }
    return node;
}

/* A place of a packet, or where it would stand. */
struct seen_spot {
    struct seen_node *node;
    unsigned index; /* NODE_PLACES: nowhere, after half a million places */
    uint16_t chapter;
};

/* False: the packet has not been there. */
static bool look_up(struct seen *s, uint64_t journey, uint32_t origin, uint32_t place,
                    struct seen_spot *spot)
{
    unsigned chapter = 0;

    for (;;) {
        struct seen_node *node = find_present(s, journey, origin, (uint16_t)chapter);
        unsigned i = 0;

        while (i < node->count && node->places[i] != place)
            i++;
        *spot = (struct seen_spot){node, i, (uint16_t)chapter};
        if (i < node->count)
            return true;
        if (i < NODE_PLACES || chapter + CHAPTERS > UINT16_MAX)
            return false;
        chapter = chapter ? chapter + CHAPTERS : 1 + (place >> 2) % CHAPTERS;
    }
}

static void remember(struct seen *s, uint64_t journey, uint32_t origin, uint32_t place,
                     uint16_t probe, const struct seen_spot *spot)
{
    struct seen_node *node = spot->node;

    if (spot->index == NODE_PLACES)
        return;
    if (!node->journey) {
        s->count++;
        node->journey = journey;
        node->origin = origin;
        node->chapter = spot->chapter;
    }
    node->places[spot->index] = place;
    node->probes[spot->index] = probe;
    node->count++;
}

bool seen_counts(struct seen *s, uint64_t journey, const struct seen_where *where)
{
    unsigned direction = where->loopback ? DIRECTION_BOTH : where->direction;
    uint32_t interface = where->interface << 2;
    struct seen_spot spot, any;

    if (!journey)
        return true;
    /* A search may bring over some nodes more, at most one a chapter: there are slots for them. */
    if (s->count >= SEEN_MAX)
        age(s);
    if (direction == PCAPNG_DIRECTION_UNKNOWN &&
        (look_up(s, journey, where->origin, interface | PCAPNG_DIRECTION_IN, &any) ||
         look_up(s, journey, where->origin, interface | PCAPNG_DIRECTION_OUT, &any)))
        return false;
    if (look_up(s, journey, where->origin, interface | direction, &spot))
        return spot.node->probes[spot.index] == where->probe;
    remember(s, journey, where->origin, interface | direction, where->probe, &spot);
    return true;
}
