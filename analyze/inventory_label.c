/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory_label.h"

#include <string.h>

#include "analyze/inventory_internal.h"
#include "analyze/inventory_life.h"

static const char *container_label(const struct inventory *inv, const struct nst_container *c)
{
    char label[INVENTORY_LABEL_MAX + 1];
    const char *name;
    int64_t id;

    if (inventory_pod_label(c, label, sizeof(label))) {
        id = intern_find(&inv->texts, label, strlen(label));
        return id ? inv->texts_list[id - 1] : NULL;
    }
    name = c->name ? c->name : c->id;
    /* What is longer was made to be a nuisance. */
    return strlen(name) <= INVENTORY_LABEL_MAX ? name : NULL;
}

/* A name that has gone to another namespace is no longer this one's. */
static const char *name_at(const struct inventory *inv, const struct nst_netns *netns,
                           unsigned place, uint64_t ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);
    const struct nst_netns_name *entry, *found = NULL;
    uint64_t least = UINT64_MAX;
    struct by_netns_of of = names_since(&inv->names, netns, life.begin_ns, life.end_ns);

    while ((entry = names_next(&inv->names, &of))) {
        struct inventory_head head = {entry->netns, entry->first_ts_ns, entry->last_ts_ns};
        uint64_t away = inventory_distance_ns(&head, ts_ns);

        /* Of two as near the one that was learnt first. */
        if (entry->place != place || away > least || (away == least && (!found || entry > found)) ||
            !inventory_began_in(&life, head.first_ts_ns))
            continue;
        life_widen(&life, &head.first_ts_ns, &head.last_ts_ns);
        if (inventory_distance_ns(&head, ts_ns))
            continue;
        least = away;
        found = entry;
    }
    return found ? found->name : NULL;
}

const char *inventory_label(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns)
{
    const char *name = name_at(inv, netns, NST_PLACE_NETNS, ts_ns);
    const struct nst_container *container;

    if (name)
        return name;
    /* A container in it has borrowed it: the host's packets are not that container's. */
    if (inventory_is_host(inv, netns))
        return "host";
    container = inventory_container(inv, netns, ts_ns);
    name = container ? container_label(inv, container) : NULL;
    if (name)
        return name;
    return name_at(inv, netns, NST_PLACE_MOUNT, ts_ns);
}

/* The last moment at which the namespace, as it was at this one, had a name. 0: it had none. */
static uint64_t named_last_ns(const struct inventory *inv, const struct nst_netns *netns,
                              uint64_t ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);
    struct by_netns_of of = names_since(&inv->names, netns, life.begin_ns, life.end_ns);
    const struct nst_netns_name *name;
    uint64_t last_ns = 0;

    while ((name = names_next(&inv->names, &of)))
        if (name->place != NST_PLACE_FD && inventory_began_in(&life, name->first_ts_ns) &&
            name->last_ts_ns > last_ns)
            last_ns = name->last_ts_ns;
    return last_ns;
}

const char *inventory_latest_label(const struct inventory *inv, const struct nst_netns *netns)
{
    struct by_netns_of of =
        by_netns_find(&inv->tables[INVENTORY_NETNS].by_netns, netns, 0, 0, UINT64_MAX);
    uint64_t ts_ns = 0;
    const char *label;
    size_t row;

    while (by_netns_next(&of, &row)) {
        uint64_t last_ts_ns = inventory_head(inv, INVENTORY_NETNS, row).last_ts_ns;

        if (last_ts_ns > ts_ns)
            ts_ns = last_ts_ns;
    }
    if (!ts_ns || ts_ns > inv->last_ts_ns)
        ts_ns = inv->last_ts_ns;
    label = inventory_label(inv, netns, ts_ns);
    if (label)
        return label;
    /* It outlived its name, which is better than none. */
    ts_ns = named_last_ns(inv, netns, ts_ns);
    return ts_ns ? inventory_label(inv, netns, ts_ns) : NULL;
}

/* Something may change at at_ns: narrows the span round ts_ns to one side of it. */
static void cut(uint64_t at_ns, uint64_t ts_ns, uint64_t *from_ns, uint64_t *until_ns)
{
    if (at_ns > ts_ns)
        *until_ns = at_ns - 1 < *until_ns ? at_ns - 1 : *until_ns;
    else if (at_ns > *from_ns)
        *from_ns = at_ns;
}

static void cut_round(const struct inventory_head *head, uint64_t ts_ns, uint64_t *from_ns,
                      uint64_t *until_ns)
{
    cut(head->first_ts_ns, ts_ns, from_ns, until_ns);
    if (head->last_ts_ns < UINT64_MAX)
        cut(head->last_ts_ns + 1, ts_ns, from_ns, until_ns);
}

/* Of names (or containers) that a moment may belong to: the last end before it and the first begin
 * after it. */
struct neighbours {
    uint64_t before_ns, after_ns; /* 0, UINT64_MAX: none */
};

static void see_neighbour(struct neighbours *n, const struct inventory_head *head, uint64_t ts_ns)
{
    if (head->last_ts_ns < ts_ns && head->last_ts_ns > n->before_ns)
        n->before_ns = head->last_ts_ns;
    if (head->first_ts_ns > ts_ns && head->first_ts_ns < n->after_ns)
        n->after_ns = head->first_ts_ns;
}

/* Half-way between them the nearest one changes. */
static void cut_between(const struct neighbours *n, uint64_t ts_ns, uint64_t *from_ns,
                        uint64_t *until_ns)
{
    uint64_t middle;

    if (!n->before_ns || n->after_ns == UINT64_MAX)
        return;
    middle = n->before_ns + (n->after_ns - n->before_ns) / 2;
    cut(middle, ts_ns, from_ns, until_ns);
    cut(middle + 1, ts_ns, from_ns, until_ns);
}

static void cut_containers(const struct inventory *inv, const struct nst_netns *netns,
                           const struct life *life, uint64_t ts_ns, uint64_t *from_ns,
                           uint64_t *until_ns)
{
    struct neighbours neighbours = {0, UINT64_MAX};
    struct by_netns_of of = inventory_find(inv, INVENTORY_CONTAINER, netns, 0, life);
    size_t row;

    while (by_netns_next(&of, &row)) {
        struct inventory_head head = inventory_head(inv, INVENTORY_CONTAINER, row);

        cut_round(&head, ts_ns, from_ns, until_ns);
        see_neighbour(&neighbours, &head, ts_ns);
    }
    cut_between(&neighbours, ts_ns, from_ns, until_ns);
}

/* Names of other lives of the inum are not this one's at any time. */
static void cut_names(const struct inventory *inv, const struct nst_netns *netns,
                      const struct life *life, uint64_t ts_ns, uint64_t *from_ns,
                      uint64_t *until_ns)
{
    /* By enum nst_place; NST_PLACE_FD is none of them, as an open file is no name. */
    struct neighbours places[] = {{0, UINT64_MAX}, {0, UINT64_MAX}};
    struct by_netns_of of = names_since(&inv->names, netns, life->begin_ns, life->end_ns);
    const struct nst_netns_name *name;

    while ((name = names_next(&inv->names, &of))) {
        struct inventory_head head = {name->netns, name->first_ts_ns, name->last_ts_ns};
        struct inventory_head wide = head;

        if ((name->place != NST_PLACE_NETNS && name->place != NST_PLACE_MOUNT) ||
            !inventory_began_in(life, head.first_ts_ns))
            continue;
        life_widen(life, &wide.first_ts_ns, &wide.last_ts_ns);
        cut_round(&head, ts_ns, from_ns, until_ns);
        cut_round(&wide, ts_ns, from_ns, until_ns);
        if (!inventory_distance_ns(&wide, ts_ns))
            see_neighbour(&places[name->place], &head, ts_ns);
    }
    cut_between(&places[NST_PLACE_NETNS], ts_ns, from_ns, until_ns);
    cut_between(&places[NST_PLACE_MOUNT], ts_ns, from_ns, until_ns);
}

void inventory_steady(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                      uint64_t *from_ns, uint64_t *until_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);

    cut(life.begin_ns, ts_ns, from_ns, until_ns);
    if (life.end_ns < UINT64_MAX)
        cut(life.end_ns + 1, ts_ns, from_ns, until_ns);
    cut_names(inv, netns, &life, ts_ns, from_ns, until_ns);
    /* The host is not called by its containers, of which there may be hundreds. */
    if (!inventory_is_host(inv, netns))
        cut_containers(inv, netns, &life, ts_ns, from_ns, until_ns);
}
