/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory_owner.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_internal.h"
#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"
#include "analyze/spans.h"
#include "format/search.h"

/* When an address was its namespace's. */
struct address_span {
    uint64_t first_ts_ns, last_ts_ns;  /* it was seen there, or at last its namespace was */
    uint64_t before_ns, after_ns;      /* it may have been there longer than it was seen */
    uint64_t own_from_ns, own_till_ns; /* it was there, if the namespace is known to have existed */
};

/* Whose an address was. */
struct owner {
    struct nst_octets address;
    struct nst_netns netns;
    struct address_span when;
    size_t sharers; /* of the first owner of an address: how many there are of it */
};

struct owners {
    struct owner *list; /* by address, and then by the begin of their spans */
    struct span *spans; /* meeting_span() of each */
    size_t count;
    struct by_netns by_netns; /* their places; number: where those of its address begin */
};

void inventory_free_owners(struct inventory *inv)
{
    if (!inv->owners)
        return;
    free(inv->owners->list);
    free(inv->owners->spans);
    by_netns_free(&inv->owners->by_netns);
    free(inv->owners);
    inv->owners = NULL;
}

static int compare_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len != b->len ? a->len - b->len : memcmp(a->data, b->data, a->len);
}

static struct address_span address_span(const struct inventory *inv, const struct nst_address *a)
{
    const struct life life = inventory_life(inv, &a->netns, a->first_ts_ns);
    struct address_span span = {.first_ts_ns = a->first_ts_ns, .last_ts_ns = a->last_ts_ns};
    uint64_t slack = life.is_gone ? 0 : SETTING_UP_NS;

    span.own_from_ns = a->first_ts_ns;
    span.own_till_ns = a->last_ts_ns;
    life_widen(&life, &span.own_from_ns, &span.own_till_ns);
    span.before_ns = span.own_from_ns;
    span.after_ns = span.own_till_ns;
    if (life.is_known && life.first_ts_ns > SETTING_UP_NS &&
        span.before_ns < life.first_ts_ns - SETTING_UP_NS)
        span.before_ns = life.first_ts_ns - SETTING_UP_NS;
    if (life.is_over && span.after_ns > life.last_ts_ns + slack)
        span.after_ns = life.last_ts_ns + slack;
    if (span.own_till_ns > a->last_ts_ns)
        span.last_ts_ns = life.is_over ? life.last_ts_ns : span.after_ns;
    return span;
}

/* From the first to the last moment at which the owner matters to a question. */
static struct span meeting_span(const struct owner *o)
{
    const struct address_span *when = &o->when;
    struct span span = {.first_ns = when->before_ns, .last_ns = when->after_ns};

    if (when->first_ts_ns < span.first_ns)
        span.first_ns = when->first_ts_ns;
    if (when->last_ts_ns > span.last_ns)
        span.last_ns = when->last_ts_ns;
    if (when->first_ts_ns > span.last_ns)
        span.last_ns = when->first_ts_ns;
    return span;
}

static int compare_owners(const void *x, const void *y)
{
    const struct owner *a = x, *b = y;
    int order = compare_octets(&a->address, &b->address);
    uint64_t left, right;

    if (order)
        return order;
    left = meeting_span(a).first_ns;
    right = meeting_span(b).first_ns;
    return left < right ? -1 : left > right;
}

/* Room for so many. False: no memory. */
static bool make_room(struct inventory *inv, size_t count)
{
    struct owners *owners = inv->owners ? inv->owners : calloc(1, sizeof(*owners));
    struct owner *list;
    struct span *spans;

    if (!owners)
        return false;
    inv->owners = owners;
    owners->count = 0;
    list = reallocarray(owners->list, count, sizeof(*list));
    if (!list)
        return false;
    owners->list = list;
    spans = reallocarray(owners->spans, count, sizeof(*spans));
    if (!spans)
        return false;
    owners->spans = spans;
    return true;
}

/* Those of one address, which begin there. */
static bool arrange_address(struct owners *owners, size_t begin)
{
    struct owner *first = &owners->list[begin];
    size_t end = begin;

    for (; end < owners->count; end++) {
        const struct owner *o = &owners->list[end];

        if (compare_octets(&o->address, &first->address))
            break;
        owners->spans[end] = meeting_span(o);
        if (!by_netns_add(&owners->by_netns, &(struct by_netns_row){
                                                 .inum = o->netns.inum,
                                                 .cookie = o->netns.cookie,
                                                 .number = (uint32_t)begin,
                                                 .first_ts_ns = o->when.first_ts_ns,
                                                 .row = end,
                                             }))
            return false;
    }
    first->sharers = end - begin;
    spans_arrange(owners->spans + begin, first->sharers);
    return true;
}

bool inventory_sort_owners(struct inventory *inv)
{
    size_t count;
    const struct nst_address *rows = inventory_addresses(inv, &count);
    struct owners *owners;

    if (!count)
        return true;
    if (!make_room(inv, count))
        return false;
    owners = inv->owners;
    for (size_t i = 0; i < count; i++)
        owners->list[i] = (struct owner){
            .address = rows[i].address,
            .netns = rows[i].netns,
            .when = address_span(inv, &rows[i]),
        };
    owners->count = count;
    qsort(owners->list, count, sizeof(*owners->list), compare_owners);
    by_netns_clear(&owners->by_netns);
    for (size_t i = 0; i < count; i += owners->list[i].sharers)
        if (!arrange_address(owners, i))
            return false;
    return by_netns_sort(&owners->by_netns);
}

/* Where those of that address begin; count: there are none. */
static size_t find_address(const struct owners *owners, const struct nst_octets *address)
{
    struct search s = search_in(owners->count);

    while (search_step(&s))
        search_tell(&s, compare_octets(&owners->list[s.at].address, address) < 0);
    if (s.at < owners->count && !compare_octets(&owners->list[s.at].address, address))
        return s.at;
    return owners->count;
}

/* Whether the address was the other's then: of two that had it one after the other, it passes to
 * the later one when it was first seen there. */
static bool is_between(const struct address_span *span, const struct address_span *other,
                       uint64_t ts_ns)
{
    if (ts_ns < span->first_ts_ns)
        return other->first_ts_ns < span->first_ts_ns && other->last_ts_ns >= span->before_ns;
    return ts_ns > span->last_ts_ns && other->first_ts_ns > span->last_ts_ns &&
           other->first_ts_ns <= ts_ns;
}

/* It is that namespace's then, of those that had the address. */
static bool has_address(const struct owners *owners, size_t begin, size_t at, uint64_t ts_ns)
{
    const struct owner *own = &owners->list[begin + at];
    const struct address_span *when = &own->when;
    const size_t count = owners->list[begin].sharers;
    bool is_early = ts_ns < when->first_ts_ns;
    uint64_t first_ns = is_early ? when->before_ns : when->last_ts_ns;
    uint64_t last_ns = is_early ? when->first_ts_ns : ts_ns;

    if (ts_ns < when->before_ns || ts_ns > when->after_ns)
        return false;
    if (!is_early && ts_ns <= when->last_ts_ns)
        return true;
    for (size_t i = 0; (i = spans_next(owners->spans + begin, count, i, first_ns, last_ns)) < count;
         i++) {
        const struct owner *other = &owners->list[begin + i];

        if (!names_same_netns(&other->netns, &own->netns) && is_between(when, &other->when, ts_ns))
            return false;
    }
    return true;
}

/* The only one that had the address then. NULL: none, or nobody can tell. */
static const struct nst_netns *find_owner(const struct owners *owners, size_t begin, uint64_t ts_ns)
{
    const size_t count = owners->list[begin].sharers;
    const struct nst_netns *owner = NULL;

    for (size_t i = 0; (i = spans_next(owners->spans + begin, count, i, ts_ns, ts_ns)) < count;
         i++) {
        const struct nst_netns *netns = &owners->list[begin + i].netns;

        if ((owner && names_same_netns(netns, owner)) || !has_address(owners, begin, i, ts_ns))
            continue;
        if (owner)
            return NULL;
        owner = netns;
    }
    return owner;
}

/* Whether the namespace itself had the address, whose packets show that it existed then. */
static bool has_own_address(const struct inventory *inv, size_t begin,
                            const struct nst_netns *netns, uint64_t ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);
    struct by_netns_of of =
        by_netns_find(&inv->owners->by_netns, netns, (uint32_t)begin, life.begin_ns, life.end_ns);
    size_t i;

    while (by_netns_next(&of, &i)) {
        const struct address_span *when = &inv->owners->list[i].when;

        if (ts_ns >= when->own_from_ns && ts_ns <= when->own_till_ns)
            return true;
    }
    return false;
}

const char *inventory_owner(const struct inventory *inv, const struct nst_octets *address,
                            const struct nst_netns *netns, uint64_t ts_ns)
{
    const struct owners *owners = inv->owners;
    size_t begin = owners ? find_address(owners, address) : 0;
    const struct nst_netns *owner;

    if (!owners || begin == owners->count)
        return NULL;
    if (netns && has_own_address(inv, begin, netns, ts_ns))
        return inventory_label(inv, netns, ts_ns);
    owner = find_owner(owners, begin, ts_ns);
    return owner ? inventory_label(inv, owner, ts_ns) : NULL;
}
