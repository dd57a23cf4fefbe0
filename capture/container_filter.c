/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/container_filter.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

/* A container that runs in a namespace, and one of whos that means it. A container that several
 * mean, or that is in several namespaces, is there as often. */
struct found {
    size_t who; /* index in whos */
    enum nst_fit fit;
    struct nst_netns netns;
    uint64_t first_ts_ns;
    char *id;
};

struct container_filter {
    const struct nst_who *whos;
    size_t whos_count;
    bool *exact; /* by each of whos: a container with exactly this id or name was seen */
    struct found *list;
    size_t count, room;
};

struct container_filter *container_filter_new(const struct nst_who *whos, size_t count)
{
    struct container_filter *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->whos = whos;
    f->whos_count = count;
    f->exact = calloc(count, sizeof(*f->exact));
    if (f->exact)
        return f;
    free(f);
    return NULL;
}

void container_filter_free(struct container_filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        free(f->list[i].id);
    free(f->list);
    free(f->exact);
    free(f);
}

static struct found *find(const struct container_filter *f, size_t who,
                          const struct nst_container *c)
{
    for (size_t i = 0; i < f->count; i++) {
        struct found *found = &f->list[i];

        if (found->who == who && found->netns.inum == c->netns.inum &&
            found->netns.cookie == c->netns.cookie && !strcmp(found->id, c->id))
            return found;
    }
    return NULL;
}

static bool add(struct container_filter *f, const struct found *found)
{
    struct found *list = nst_array_room(f->list, f->count, &f->room, sizeof(*list));

    if (!list)
        return false;
    f->list = list;
    f->list[f->count++] = *found;
    return true;
}

static bool begin(struct container_filter *f, size_t who, enum nst_fit fit,
                  const struct nst_container *c)
{
    struct found *known = find(f, who, c);
    struct found found = {.who = who, .fit = fit, .netns = c->netns, .first_ts_ns = c->first_ts_ns};

    if (fit == NST_FITS_EXACTLY)
        f->exact[who] = true;
    if (known) {
        known->fit = fit;
        known->first_ts_ns = c->first_ts_ns;
        return true;
    }
    found.id = strdup(c->id);
    if (found.id && add(f, &found))
        return true;
    free(found.id);
    return false;
}

/* The inventory repeats for each new file what has ended, also where a container of the same id has
 * begun since: that one has another first_ts_ns. */
static void end(struct container_filter *f, size_t who, const struct nst_container *c)
{
    struct found *found = find(f, who, c);

    if (!found || found->first_ts_ns != c->first_ts_ns)
        return;
    free(found->id);
    *found = f->list[--f->count];
}

bool container_filter_note_row(struct container_filter *f, const struct nst_container *c)
{
    for (size_t i = 0; i < f->whos_count; i++) {
        enum nst_fit fit = nst_who_fits(&f->whos[i], c);

        if (fit == NST_FITS_NOT)
            continue;
        if (c->last_ts_ns != NST_STILL)
            end(f, i, c);
        else if (!begin(f, i, fit, c))
            return false;
    }
    return true;
}

static bool is_meant(const struct container_filter *f, const struct found *found)
{
    return found->fit == NST_FITS_EXACTLY || !f->exact[found->who];
}

const struct nst_who *container_filter_next(const struct container_filter *f, size_t *at,
                                            struct nst_netns *netns)
{
    while (*at < f->count) {
        const struct found *found = &f->list[(*at)++];

        if (!is_meant(f, found))
            continue;
        *netns = found->netns;
        return &f->whos[found->who];
    }
    return NULL;
}

bool container_filter_is_ambiguous(const struct container_filter *f, const struct nst_who *who,
                                   const char *ids[2])
{
    const char *first = NULL;

    for (size_t i = 0; i < f->count; i++) {
        const struct found *found = &f->list[i];

        if (&f->whos[found->who] != who || f->exact[found->who])
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
