/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory_owner.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_internal.h"
#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"

static int compare_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len != b->len ? a->len - b->len : memcmp(a->data, b->data, a->len);
}

static int compare_addresses(const void *a, const void *b, void *context)
{
    const struct nst_address *rows = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int order = compare_octets(&rows[left].address, &rows[right].address);

    if (order)
        return order;
    return left < right ? -1 : left > right;
}

bool inventory_sort_addresses(struct inventory *inv)
{
    size_t count;
    const struct nst_address *rows = inventory_addresses(inv, &count);
    size_t *list;

    if (inv->by_address_count == count)
        return true;
    list = reallocarray(inv->by_address, count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = i;
    qsort_r(list, count, sizeof(*list), compare_addresses, (void *)rows);
    inv->by_address = list;
    inv->by_address_count = count;
    return true;
}

/* Where the rows of that address begin, or would. */
static size_t find_address(const struct inventory *inv, const struct nst_octets *address)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    size_t low = 0, high = inv->by_address_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_octets(&rows[inv->by_address[middle]].address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* When an address was its namespace's. */
struct address_span {
    uint64_t first_ts_ns, last_ts_ns;  /* seen so, or its namespace, with which it went */
    uint64_t before_ns, after_ns;      /* perhaps so: it may have been there longer than seen */
    uint64_t own_from_ns, own_till_ns; /* so, if the namespace is known to be there */
};

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

/* Then it was the other's: where one had an address shortly before the next, it is the next one's
 * from when it was seen there. */
static bool is_between(const struct address_span *span, const struct address_span *other,
                       uint64_t ts_ns)
{
    if (ts_ns < span->first_ts_ns)
        return other->first_ts_ns < span->first_ts_ns && other->last_ts_ns >= span->before_ns;
    return ts_ns > span->last_ts_ns && other->first_ts_ns > span->last_ts_ns &&
           other->first_ts_ns <= ts_ns;
}

/* The row of the address, at that place among them, is its namespace's then. */
static bool has_address(const struct inventory *inv, size_t place, uint64_t ts_ns)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    const struct nst_address *a = &rows[inv->by_address[place]];
    const struct address_span span = address_span(inv, a);

    if (ts_ns < span.before_ns || ts_ns > span.after_ns)
        return false;
    if (ts_ns >= span.first_ts_ns && ts_ns <= span.last_ts_ns)
        return true;
    for (size_t i = find_address(inv, &a->address); i < inv->by_address_count; i++) {
        const struct nst_address *b = &rows[inv->by_address[i]];
        struct address_span other;

        if (compare_octets(&b->address, &a->address))
            break;
        if (names_same_netns(&b->netns, &a->netns))
            continue;
        other = address_span(inv, b);
        if (is_between(&span, &other, ts_ns))
            return false;
    }
    return true;
}

/* Its packets show that it is still there, or already. */
static bool has_own_address(const struct inventory *inv, const struct nst_address *a,
                            uint64_t ts_ns)
{
    const struct address_span span = address_span(inv, a);

    return ts_ns >= span.own_from_ns && ts_ns <= span.own_till_ns;
}

const char *inventory_owner(const struct inventory *inv, const struct nst_octets *address,
                            const struct nst_netns *netns, uint64_t ts_ns)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    const struct nst_netns *owner = NULL;
    bool several = false;

    for (size_t i = find_address(inv, address); i < inv->by_address_count; i++) {
        const struct nst_address *a = &rows[inv->by_address[i]];

        if (compare_octets(&a->address, address))
            break;
        if (netns && names_same_netns(&a->netns, netns) && has_own_address(inv, a, ts_ns))
            return inventory_label(inv, netns, ts_ns);
        /* Those of which nobody can tell need not be looked at. */
        if (several || !has_address(inv, i, ts_ns))
            continue;
        several = owner && !names_same_netns(&a->netns, owner);
        owner = &a->netns;
    }
    return owner && !several ? inventory_label(inv, owner, ts_ns) : NULL;
}
