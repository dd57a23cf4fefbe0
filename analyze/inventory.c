/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory.h"

#include <stdlib.h>

#include "analyze/inventory_internal.h"

void inventory_free(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        free(inv->tables[kind].rows);
        free(inv->tables[kind].past);
        free(inv->tables[kind].newest);
        by_netns_free(&inv->tables[kind].by_netns);
        intern_clear(&inv->tables[kind].keys);
    }
    for (size_t i = 0; i < inv->texts_count; i++)
        free(inv->texts_list[i]);
    free(inv->texts_list);
    inventory_free_owners(inv);
    by_netns_free(&inv->hosts);
    lives_free(&inv->lives);
    intern_clear(&inv->texts);
    names_free(&inv->names);
    *inv = (struct inventory){0};
}

const struct nst_known_netns *inventory_netns(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_NETNS].count;
    return inv->tables[INVENTORY_NETNS].rows;
}

const struct nst_process *inventory_processes(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_PROCESS].count;
    return inv->tables[INVENTORY_PROCESS].rows;
}

const struct nst_container *inventory_containers(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_CONTAINER].count;
    return inv->tables[INVENTORY_CONTAINER].rows;
}

const struct nst_known_device *inventory_devices(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_DEVICE].count;
    return inv->tables[INVENTORY_DEVICE].rows;
}

const struct nst_address *inventory_addresses(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_ADDRESS].count;
    return inv->tables[INVENTORY_ADDRESS].rows;
}

static bool sort_rows(struct inventory_table *table, enum inventory_kind kind)
{
    by_netns_clear(&table->by_netns);
    for (size_t i = 0; i < table->count; i++) {
        const void *row = row_at(table, kind, i);
        const struct inventory_head head = row_head(row);
        uint32_t (*number)(const void *row) = inventory_row_types[kind].number;

        if (!by_netns_add(&table->by_netns, &(struct by_netns_row){
                                                .inum = head.netns.inum,
                                                .cookie = head.netns.cookie,
                                                .number = number ? number(row) : 0,
                                                .first_ts_ns = head.first_ts_ns,
                                                .row = i,
                                            }))
            return false;
    }
    return by_netns_sort(&table->by_netns);
}

static bool sort_hosts(struct inventory *inv)
{
    const struct inventory_table *table = &inv->tables[INVENTORY_NETNS];
    const struct nst_known_netns *rows = table->rows;

    by_netns_clear(&inv->hosts);
    for (size_t i = 0; i < table->count; i++)
        if (rows[table->by_netns.list[i].row].flags & NST_NETNS_INITIAL &&
            !by_netns_add(&inv->hosts, &table->by_netns.list[i]))
            return false;
    return by_netns_sort(&inv->hosts);
}

bool inventory_sort(struct inventory *inv)
{
    /* Processes and addresses are not asked for by their namespaces. */
    static const enum inventory_kind kinds[] = {INVENTORY_NETNS, INVENTORY_CONTAINER,
                                                INVENTORY_DEVICE};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct inventory_table *table = &inv->tables[kinds[i]];

        if (!table->has_changed)
            continue;
        if (!sort_rows(table, kinds[i]) ||
            (kinds[i] == INVENTORY_NETNS && (!sort_hosts(inv) || !inventory_build_lives(inv))))
            return false;
        table->has_changed = false;
    }
    return inventory_sort_owners(inv) && names_sort(&inv->names);
}

struct inventory_head inventory_head(const struct inventory *inv, enum inventory_kind kind,
                                     size_t row)
{
    return row_head(row_at(&inv->tables[kind], kind, row));
}

uint64_t inventory_since(const struct inventory *inv, enum inventory_kind kind, size_t row)
{
    return inv->tables[kind].past[row].since_ns;
}

bool inventory_is_latest(const struct inventory *inv, enum inventory_kind kind, size_t row)
{
    return !inv->tables[kind].past[row].changed;
}

bool inventory_is_host(const struct inventory *inv, const struct nst_netns *netns)
{
    struct by_netns_of of = by_netns_find(&inv->hosts, netns, 0, 0, UINT64_MAX);
    size_t row;

    return by_netns_next(&of, &row);
}
