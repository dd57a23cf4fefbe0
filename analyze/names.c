/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/names.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

bool names_same_netns(const struct nst_netns *a, const struct nst_netns *b)
{
    return a->inum == b->inum && (!a->cookie || !b->cookie || a->cookie == b->cookie);
}

static bool append(struct names *names, const struct nst_netns_name *entry, size_t before)
{
    struct nst_netns_name *list =
        nst_array_room(names->list, names->count, &names->room, sizeof(*list));
    size_t *befores;
    char *copy;

    if (!list)
        return false;
    names->list = list;
    befores = nst_array_room(names->before, names->count, &names->before_room, sizeof(*befores));
    if (!befores)
        return false;
    names->before = befores;
    copy = strdup(entry->name);
    if (!copy)
        return false;
    names->before[names->count] = before;
    names->list[names->count] = *entry;
    names->list[names->count++].name = copy;
    names->has_changed = true;
    return true;
}

#define KEY_HEAD (sizeof(uint64_t) + sizeof(uint32_t) + sizeof(uint8_t))

/* What stays the same of a name while its times change. The caller frees it. */
static uint8_t *make_key(const struct nst_netns_name *entry, size_t *length)
{
    size_t name = strlen(entry->name);
    uint8_t *key = malloc(KEY_HEAD + name);

    if (!key)
        return NULL;
    memcpy(key, &entry->netns.cookie, sizeof(uint64_t));
    memcpy(key + sizeof(uint64_t), &entry->netns.inum, sizeof(uint32_t));
    key[KEY_HEAD - 1] = entry->place;
    memcpy(key + KEY_HEAD, entry->name, name);
    *length = KEY_HEAD + name;
    return key;
}

/* Where it is noted which entry of that key is the newest; made if need be. NULL: no memory. */
static size_t *newest_of(struct names *names, const uint8_t *key, size_t length, bool *fresh)
{
    int64_t id = intern_find(&names->keys, key, length);

    *fresh = !id;
    if (!id) {
        size_t *newest = nst_array_room(names->newest, names->newest_count, &names->newest_room,
                                        sizeof(*newest));

        if (!newest)
            return NULL;
        names->newest = newest;
        id = (int64_t)names->newest_count + 1;
        if (!intern_add(&names->keys, key, length, id))
            return NULL;
        names->newest_count++;
    }
    return &names->newest[id - 1];
}

/* Draws a known name out by what tables say of it again, if the two times meet. False: they do not.
 */
static bool draw_out(struct names *names, struct nst_netns_name *known,
                     const struct nst_netns_name *entry)
{
    if (entry->first_ts_ns > known->last_ts_ns || entry->last_ts_ns < known->first_ts_ns)
        return false;
    if (entry->first_ts_ns < known->first_ts_ns) {
        known->first_ts_ns = entry->first_ts_ns;
        names->has_changed = true;
    }
    known->last_ts_ns = entry->last_ts_ns;
    return true;
}

/* So many entries of one name are looked through. A file made to be slow would have a million:
 * there what is said again becomes another entry. */
#define MOST_BEFORE 256

/* Draws out the entry of the name that this one continues. False: there is none. */
static bool draw_out_any(struct names *names, size_t newest, const struct nst_netns_name *entry)
{
    size_t known = newest + 1;

    for (unsigned i = 0; known && i < MOST_BEFORE; i++, known = names->before[known - 1])
        if (draw_out(names, &names->list[known - 1], entry))
            return true;
    return false;
}

/* A name that ended and came back is a new entry, which the tables that follow go on about. Now and
 * then they say an earlier one again. */
static bool learn(struct names *names, const struct nst_netns_name *entry)
{
    size_t length, at = names->count, before, *newest;
    uint8_t *key = make_key(entry, &length);
    bool fresh;

    if (!key)
        return false;
    newest = newest_of(names, key, length, &fresh);
    free(key);
    if (!newest)
        return false;
    if (!fresh && draw_out_any(names, *newest, entry))
        return true;
    if (fresh || entry->first_ts_ns > names->list[*newest].last_ts_ns) {
        before = fresh ? 0 : *newest + 1;
        *newest = at;
        return append(names, entry, before);
    }
    if (!append(names, entry, names->before[*newest]))
        return false;
    names->before[*newest] = at + 1;
    return true;
}

bool names_learn(struct names *names, const struct nst_tables *tables)
{
    for (size_t i = 0; i < tables->netns_names_count; i++)
        if (!learn(names, &tables->netns_names[i]))
            return false;
    return true;
}

bool names_sort(struct names *names)
{
    if (!names->has_changed)
        return true;
    by_netns_clear(&names->by_time);
    by_netns_clear(&names->as_learnt);
    for (size_t i = 0; i < names->count; i++) {
        const struct nst_netns_name *name = &names->list[i];
        struct by_netns_row row = {
            .inum = name->netns.inum, .cookie = name->netns.cookie, .row = i};

        if (!by_netns_add(&names->as_learnt, &row))
            return false;
        row.first_ts_ns = name->first_ts_ns;
        if (!by_netns_add(&names->by_time, &row))
            return false;
    }
    if (!by_netns_sort(&names->by_time) || !by_netns_sort(&names->as_learnt))
        return false;
    names->has_changed = false;
    return true;
}

void names_close(struct names *names, uint64_t ts_ns)
{
    for (size_t i = 0; i < names->count; i++) {
        struct nst_netns_name *name = &names->list[i];

        if (name->last_ts_ns == NST_STILL)
            name->last_ts_ns = name->first_ts_ns > ts_ns ? name->first_ts_ns : ts_ns;
    }
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->list[i].name);
    free(names->list);
    free(names->before);
    free(names->newest);
    by_netns_free(&names->by_time);
    by_netns_free(&names->as_learnt);
    intern_clear(&names->keys);
    *names = (struct names){0};
}

struct by_netns_of names_of(const struct names *names, const struct nst_netns *netns)
{
    return by_netns_find(&names->as_learnt, netns, 0, 0, UINT64_MAX);
}

struct by_netns_of names_since(const struct names *names, const struct nst_netns *netns,
                               uint64_t from_ns, uint64_t until_ns)
{
    return by_netns_find(&names->by_time, netns, 0, from_ns, until_ns);
}

const struct nst_netns_name *names_next(const struct names *names, struct by_netns_of *of)
{
    size_t i;

    return by_netns_next(of, &i) ? &names->list[i] : NULL;
}

void netns_list_add(struct netns_list *seen, const struct nst_netns *netns)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->list[i].inum == netns->inum && seen->list[i].cookie == netns->cookie)
            return;
    if (seen->count == NETNS_LIST_MAX)
        seen->more = true;
    else
        seen->list[seen->count++] = *netns;
}
