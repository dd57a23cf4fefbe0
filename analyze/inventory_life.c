/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory_life.h"

#include "analyze/inventory_internal.h"

/* The recorder looks at everything every two seconds; where more seldom, missed_ns shows it. */
#define TWO_LOOKS_NS 4000000000ULL

static struct lives_rows rows_of_lives(const struct inventory *inv)
{
    return (struct lives_rows){
        .rows = inv->tables[INVENTORY_NETNS].rows,
        .order = &inv->tables[INVENTORY_NETNS].by_netns,
        .since_ns = inv->since_ns,
        .until_ns = inv->last_ts_ns,
        .missed_ns = inv->missed_ns > TWO_LOOKS_NS ? inv->missed_ns : TWO_LOOKS_NS,
    };
}

bool inventory_build_lives(struct inventory *inv)
{
    const struct lives_rows of = rows_of_lives(inv);

    return lives_build(&inv->lives, &of);
}

struct life inventory_life(const struct inventory *inv, const struct nst_netns *netns,
                           uint64_t ts_ns)
{
    struct lives_rows of = rows_of_lives(inv);

    if (!netns->cookie)
        return lives_at(&inv->lives, &of, netns->inum, ts_ns);
    of.by_cookie = true;
    return lives_among(&of, netns, ts_ns);
}

uint64_t inventory_life_key(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns)
{
    return netns->cookie ? 0 : inventory_life(inv, netns, ts_ns).first_ts_ns;
}

void inventory_widen(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                     uint64_t *first_ts_ns, uint64_t *last_ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);

    life_widen(&life, first_ts_ns, last_ts_ns);
}

bool inventory_began_in(const struct life *life, uint64_t first_ts_ns)
{
    return first_ts_ns >= life->begin_ns && first_ts_ns <= life->end_ns;
}

struct by_netns_of inventory_find(const struct inventory *inv, enum inventory_kind kind,
                                  const struct nst_netns *netns, uint32_t number,
                                  const struct life *life)
{
    return by_netns_find(&inv->tables[kind].by_netns, netns, number, life->begin_ns, life->end_ns);
}

uint64_t inventory_distance_ns(const struct inventory_head *head, uint64_t ts_ns)
{
    if (ts_ns < head->first_ts_ns)
        return head->first_ts_ns - ts_ns;
    return ts_ns > head->last_ts_ns ? ts_ns - head->last_ts_ns : 0;
}

/* Of the rows of a namespace with that number, the nearest to the moment. NULL: none. Not those of
 * another that had its inum. */
static const void *nearest(const struct inventory *inv, enum inventory_kind kind,
                           const struct nst_netns *netns, uint32_t number, uint64_t ts_ns)
{
    struct life life = inventory_life(inv, netns, ts_ns);
    const void *found = NULL;
    uint64_t least = UINT64_MAX;
    struct by_netns_of of = inventory_find(inv, kind, netns, number, &life);
    size_t i;

    while (by_netns_next(&of, &i)) {
        const void *row = row_at(&inv->tables[kind], kind, i);
        struct inventory_head head = row_head(row);

        if (inventory_distance_ns(&head, ts_ns) >= least)
            continue;
        least = inventory_distance_ns(&head, ts_ns);
        found = row;
    }
    return found;
}

const struct nst_container *inventory_container(const struct inventory *inv,
                                                const struct nst_netns *netns, uint64_t ts_ns)
{
    return nearest(inv, INVENTORY_CONTAINER, netns, 0, ts_ns);
}

const struct nst_known_device *inventory_device(const struct inventory *inv,
                                                const struct nst_netns *netns, uint32_t ifindex,
                                                uint64_t ts_ns)
{
    return nearest(inv, INVENTORY_DEVICE, netns, ifindex, ts_ns);
}
