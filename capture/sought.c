/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/sought.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

/* A container that is there in a namespace, and one who means it. */
struct found {
    size_t who;
    enum nst_fit fit;
    struct nst_netns netns;
    uint64_t first_ts_ns;
    char *id;
};

struct sought {
    const struct nst_who *whos;
    size_t whos_count;
    bool *exact; /* of each: whether a container went by all of it */
    struct found *list;
    size_t count, room;
};

struct sought *sought_new(const struct nst_who *whos, size_t count)
{
    struct sought *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->whos = whos;
    s->whos_count = count;
    s->exact = calloc(count, sizeof(*s->exact));
    if (s->exact)
        return s;
    free(s);
    return NULL;
}

void sought_free(struct sought *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->list[i].id);
    free(s->list);
    free(s->exact);
    free(s);
}

static struct found *find(const struct sought *s, size_t who, const struct nst_container *c)
{
    for (size_t i = 0; i < s->count; i++) {
        struct found *found = &s->list[i];

        if (found->who == who && found->netns.inum == c->netns.inum &&
            found->netns.cookie == c->netns.cookie && !strcmp(found->id, c->id))
            return found;
    }
    return NULL;
}

static bool add(struct sought *s, const struct found *found)
{
    struct found *list = nst_array_room(s->list, s->count, &s->room, sizeof(*list));

    if (!list)
        return false;
    s->list = list;
    s->list[s->count++] = *found;
    return true;
}

static bool begin(struct sought *s, size_t who, enum nst_fit fit, const struct nst_container *c)
{
    struct found *known = find(s, who, c);
    struct found found = {.who = who, .fit = fit, .netns = c->netns, .first_ts_ns = c->first_ts_ns};

    if (fit == NST_FITS_EXACTLY)
        s->exact[who] = true;
    if (known) {
        known->fit = fit;
        known->first_ts_ns = c->first_ts_ns;
        return true;
    }
    found.id = strdup(c->id);
    if (found.id && add(s, &found))
        return true;
    free(found.id);
    return false;
}

/* What was over is told again for a new file: it may be there again since. */
static void end(struct sought *s, size_t who, const struct nst_container *c)
{
    struct found *found = find(s, who, c);

    if (!found || found->first_ts_ns != c->first_ts_ns)
        return;
    free(found->id);
    *found = s->list[--s->count];
}

bool sought_hear(struct sought *s, const struct nst_container *c)
{
    for (size_t i = 0; i < s->whos_count; i++) {
        enum nst_fit fit = nst_who_fits(&s->whos[i], c);

        if (fit == NST_FITS_NOT)
            continue;
        if (c->last_ts_ns != NST_STILL)
            end(s, i, c);
        else if (!begin(s, i, fit, c))
            return false;
    }
    return true;
}

static bool is_meant(const struct sought *s, const struct found *found)
{
    return found->fit == NST_FITS_EXACTLY || !s->exact[found->who];
}

const struct nst_who *sought_next(const struct sought *s, size_t *at, struct nst_netns *netns)
{
    while (*at < s->count) {
        const struct found *found = &s->list[(*at)++];

        if (!is_meant(s, found))
            continue;
        *netns = found->netns;
        return &s->whos[found->who];
    }
    return NULL;
}

bool sought_is_ambiguous(const struct sought *s, const struct nst_who *who, const char *ids[2])
{
    const char *first = NULL;

    for (size_t i = 0; i < s->count; i++) {
        const struct found *found = &s->list[i];

        if (&s->whos[found->who] != who || s->exact[found->who])
            continue;
        if (first && strcmp(first, found->id) != 0) {
            ids[0] = first;
            ids[1] = found->id;
            return true;
        }
        first = found->id;
    }
    return false;
}
