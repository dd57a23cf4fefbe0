/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds what was made for a namespace again, where more or less is known of it than then: its
 * cookie, or when it lived. Of an inum there can be very many.
 */
#ifndef NST_ANALYZE_ALIKE_H
#define NST_ANALYZE_ALIKE_H

#include "analyze/intern.h"

/* What is known when something is made, or asked for. */
struct alike_key {
    uint32_t host, inum;
    uint32_t number;  /* of what it is of the namespace: an ifindex; else 0 */
    uint64_t cookie;  /* 0: not known */
    uint64_t life_ns; /* inventory_life_key(); 0: not known */
};

/* Ways to look for it, each with chains of those that are the same to it. */
enum alike_way {
    ALIKE_INUM,
    ALIKE_COOKIE, /* of one inum and cookie, or without */
    ALIKE_LIFE,   /* of one inum and life, or none */
    ALIKE_WAYS
};

struct alike_link {
    size_t next; /* in the chain; SIZE_MAX: none */
    size_t last; /* of the first one: the last */
};

struct alike {
    struct intern firsts[ALIKE_WAYS]; /* the first of a chain, plus one */
    struct alike_link (*links)[ALIKE_WAYS];
    size_t count, room;
};

/* The things have numbers as they are made, from 0 on. False: no memory. */
bool alike_add(struct alike *set, const struct alike_key *key);
void alike_clear(struct alike *set);

/* All that it can be: first those of which as much was known, then those with less. */
struct alike_of {
    const struct alike *set;
    enum alike_way way;
    size_t at, then; /* where the two chains go on */
};

struct alike_of alike_find(const struct alike *set, const struct alike_key *key);
/* SIZE_MAX: no more. */
size_t alike_next(struct alike_of *of);

#endif
