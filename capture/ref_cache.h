/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the references in one CPU's records mean: a mirror of the BPF side's cache (see
 * bpf/event.h), with some of what it replaced last. A program that was interrupted refers to
 * what it found before, so an answer from those is the rule's exception and not an error.
 */
#ifndef NST_CAPTURE_REF_CACHE_H
#define NST_CAPTURE_REF_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* A meaning: indices into the writer's dictionaries. */
struct ref_value {
    uint32_t index;
    uint32_t netns; /* of a device; else unused */
};

struct ref_cache;

/* NULL: no memory. */
struct ref_cache *ref_cache_new(uint32_t sets, uint32_t ways);
void ref_cache_free(struct ref_cache *refs);

/* As a definition says. False: it stands outside of the cache. */
bool ref_cache_define(struct ref_cache *refs, uint32_t set, uint32_t way, uint64_t ref,
                      struct ref_value value);
/* All values, also of those replaced. */
void ref_cache_each(const struct ref_cache *refs,
                    void (*each)(void *context, const struct ref_value *value), void *context);
/* NULL: unknown. Valid until the next call. */
const struct ref_value *ref_cache_find(struct ref_cache *refs, uint64_t ref);

#endif
