/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/distance.h"

#include <stddef.h>
#include <string.h>

#define FAR         (NST_DISTANCE_MAX + 1)
#define LETTERS_MAX 127

static bool same_letter(char a, char b)
{
    bool a_upper = a >= 'A' && a <= 'Z', b_upper = b >= 'A' && b <= 'Z';

    return (a_upper ? a - 'A' + 'a' : a) == (b_upper ? b - 'A' + 'a' : b);
}

unsigned nst_distance(const char *a, const char *b)
{
    unsigned row[LETTERS_MAX + 1];
    size_t length = strlen(b);

    if (length > LETTERS_MAX)
        return FAR;
    for (size_t j = 0; j <= length; j++)
        row[j] = (unsigned)j;
    for (unsigned i = 1; *a; a++, i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            unsigned change = diagonal + !same_letter(*a, b[j - 1]), lowest = row[j - 1] + 1;

            diagonal = row[j];
            if (diagonal + 1 < lowest)
                lowest = diagonal + 1;
            row[j] = change < lowest ? change : lowest;
        }
    }
    return row[length] < FAR ? row[length] : FAR;
}

bool nst_is_near(const char *given, unsigned distance)
{
    return distance <= NST_DISTANCE_MAX && distance <= (strlen(given) + 1) / 2;
}

void nst_nearest_begin(struct nst_nearest *n, const char *given, size_t length)
{
    *n = (struct nst_nearest){.distance = FAR};
    if (length >= sizeof(n->given))
        length = sizeof(n->given) - 1;
    memcpy(n->given, given, length);
}

void nst_nearest_see(struct nst_nearest *n, const char *name)
{
    unsigned distance = nst_distance(n->given, name);

    if (distance >= n->distance || !nst_is_near(n->given, distance))
        return;
    n->name = name;
    n->distance = distance;
}
