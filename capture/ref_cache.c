/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/ref_cache.h"

#include <stdlib.h>

#include "bpf/event.h"

/* How many replaced ones a set remembers: programs nest a few levels deep. */
#define REPLACED 6

struct entry {
    uint64_t ref;
    struct ref_value value;
    uint32_t way;
    uint32_t used;
};

struct ref_cache {
    uint32_t sets, ways;
    struct entry entries[]; /* of each set: the ways, then the replaced, newest first */
};

static struct entry *set_of(struct ref_cache *refs, uint32_t set)
{
    return &refs->entries[(size_t)set * (refs->ways + REPLACED)];
}

struct ref_cache *ref_cache_new(uint32_t sets, uint32_t ways)
{
    size_t entries = (size_t)sets * (ways + REPLACED);
    struct ref_cache *refs = calloc(1, sizeof(*refs) + entries * sizeof(struct entry));

    if (!refs)
        return NULL;
    refs->sets = sets;
    refs->ways = ways;
    return refs;
}

void ref_cache_free(struct ref_cache *refs)
{
    free(refs);
}

/* An address means one thing at a time: what it meant in another way is over. */
static void forget_others(const struct ref_cache *refs, struct entry *entries, uint32_t way,
                          uint64_t ref)
{
    for (uint32_t i = 0; i < refs->ways + REPLACED; i++)
        if (i != way && entries[i].ref == ref)
            entries[i].used = 0;
}

bool ref_cache_define(struct ref_cache *refs, uint32_t set, uint32_t way, uint64_t ref,
                      struct ref_value value)
{
    struct entry *entries, *replaced;

    if (set >= refs->sets || way >= refs->ways)
        return false;
    entries = set_of(refs, set);
    replaced = entries + refs->ways;
    forget_others(refs, entries, way, ref);
    if (entries[way].used && entries[way].ref != ref) {
        for (uint32_t i = REPLACED - 1; i > 0; i--)
            replaced[i] = replaced[i - 1];
        replaced[0] = entries[way];
    }
    entries[way] = (struct entry){.ref = ref, .value = value, .way = way, .used = 1};
    return true;
}

void ref_cache_each(const struct ref_cache *refs,
                    void (*each)(void *context, const struct ref_value *value), void *context)
{
    size_t entries = (size_t)refs->sets * (refs->ways + REPLACED);

    for (size_t i = 0; i < entries; i++)
        if (refs->entries[i].used)
            each(context, &refs->entries[i].value);
}

/* What an event refers to stands in the BPF side's cache: put it where it is looked for. */
static struct entry *restore(struct entry *entries, struct entry *replaced)
{
    struct entry *live = &entries[replaced->way];
    struct entry other = *live;

    *live = *replaced;
    *replaced = other;
    return live;
}

const struct ref_value *ref_cache_find(struct ref_cache *refs, uint64_t ref)
{
    struct entry *entries = set_of(refs, ev_set(ref, refs->sets));

    for (uint32_t i = 0; i < refs->ways + REPLACED; i++) {
        struct entry *entry = &entries[i];

        if (!entry->used || entry->ref != ref)
            continue;
        if (i >= refs->ways)
            entry = restore(entries, entry);
        return &entry->value;
    }
    return NULL;
}
