/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which name a misspelt one was to be. Internal. */
#ifndef NST_FORMAT_DISTANCE_H
#define NST_FORMAT_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>

/* Names that differ in more letters are not taken for each other. */
#define NST_DISTANCE_MAX 3

/* How many letters differ, in the least costly way to see it; upper and lower case are the same.
 * More than NST_DISTANCE_MAX is NST_DISTANCE_MAX plus 1. */
unsigned nst_distance(const char *a, const char *b);

/* Whether that is little for a word of such a length: of a short one half of the letters. */
bool nst_is_near(const char *given, unsigned distance);

/* The nearest of several names. Begins with the word that was given and its length: what of an
 * option stands before its argument, say. */
struct nst_nearest {
    char given[32];
    const char *name; /* NULL: none is near */
    unsigned distance;
};

void nst_nearest_begin(struct nst_nearest *nearest, const char *given, size_t length);
void nst_nearest_see(struct nst_nearest *nearest, const char *name);

#endif
