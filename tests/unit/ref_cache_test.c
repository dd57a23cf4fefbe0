/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What references mean, while they are replaced. */
#include "config.h"

#include "bpf/event.h"
#include "capture/ref_cache.h"
#include "tests/unit/tap.h"

#define SETS 16

static struct tap tap;

/* The nth reference that belongs to a set. */
static uint64_t in_set(uint32_t set, unsigned n)
{
    for (uint64_t ref = 0xffff888000000000;; ref += 64)
        if (ev_set(ref, SETS) == set && n-- == 0)
            return ref;
}

static bool means(struct ref_cache *refs, uint64_t ref, uint32_t index)
{
    const struct ref_value *value = ref_cache_find(refs, ref);

    return index ? value && value->index == index : !value;
}

static void define(struct ref_cache *refs, uint32_t way, uint64_t ref, uint32_t index)
{
    ref_cache_define(refs, ev_set(ref, SETS), way, ref, (struct ref_value){.index = index});
}

static void add_index(void *context, const struct ref_value *value)
{
    uint32_t *sum = context;

    *sum += value->index;
}

static void test_each(void)
{
    struct ref_cache *refs = ref_cache_new(SETS, 2);
    uint32_t sum = 0;

    define(refs, 0, in_set(3, 0), 1);
    define(refs, 1, in_set(3, 1), 10);
    define(refs, 0, in_set(3, 2), 100);
    define(refs, 0, in_set(4, 0), 1000);
    ref_cache_each(refs, add_index, &sum);
    tap_ok(&tap, sum == 1111, "all of them, the replaced too");
    ref_cache_free(refs);
}

static void test_basics(void)
{
    struct ref_cache *refs = ref_cache_new(SETS, 2);
    uint64_t a = in_set(3, 0), b = in_set(3, 1), other = in_set(4, 0);

    tap_ok(&tap, means(refs, a, 0), "nothing is known at first");
    define(refs, 0, a, 1);
    define(refs, 1, b, 2);
    define(refs, 0, other, 3);
    tap_ok(&tap, means(refs, a, 1) && means(refs, b, 2) && means(refs, other, 3),
           "what was defined is found");
    define(refs, 0, a, 9);
    tap_ok(&tap, means(refs, a, 9), "a later definition counts");
    define(refs, 1, a, 4);
    tap_ok(&tap, means(refs, a, 4) && means(refs, b, 2), "also in another way");
    tap_ok(&tap, !ref_cache_define(refs, SETS, 0, a, (struct ref_value){0}), "no such set");
    tap_ok(&tap, !ref_cache_define(refs, 0, 2, a, (struct ref_value){0}), "no such way");
    ref_cache_free(refs);
}

/* A program that was interrupted refers to what another has replaced meanwhile. */
static void test_replaced(void)
{
    struct ref_cache *refs = ref_cache_new(SETS, 2);
    uint64_t first = in_set(5, 0), kept = in_set(5, 1);

    define(refs, 0, first, 1);
    define(refs, 1, kept, 2);
    define(refs, 0, in_set(5, 2), 3);
    tap_ok(&tap, means(refs, first, 1), "what was just replaced is still known");
    /* It was found because the BPF side holds it: it must outlast any number of others. */
    for (unsigned i = 3; i < 40; i++)
        define(refs, 1, in_set(5, i), i + 1);
    tap_ok(&tap, means(refs, first, 1), "and from then on as if it had not been");
    tap_ok(&tap, means(refs, kept, 0), "what was replaced long ago is forgotten");
    ref_cache_free(refs);
}

int main(void)
{
    test_basics();
    test_each();
    test_replaced();
    return tap_done(&tap);
}
