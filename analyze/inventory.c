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
        free(inv->tables[kind].by_netns);
        intern_clear(&inv->tables[kind].keys);
    }
    for (size_t i = 0; i < inv->texts_count; i++)
        free(inv->texts_list[i]);
    free(inv->texts_list);
    free(inv->by_address);
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

struct sort_context {
    const struct inventory_table *table;
    enum inventory_kind kind;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_context *c = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    struct inventory_head x = row_head(row_at(c->table, c->kind, left));
    struct inventory_head y = row_head(row_at(c->table, c->kind, right));

    if (x.netns.inum != y.netns.inum)
        return x.netns.inum < y.netns.inum ? -1 : 1;
    if (x.first_ts_ns != y.first_ts_ns)
        return x.first_ts_ns < y.first_ts_ns ? -1 : 1;
    return left < right ? -1 : left > right;
}

static bool sort_rows(struct inventory_table *table, enum inventory_kind kind)
{
    struct sort_context context = {table, kind};
    size_t *list = reallocarray(table->by_netns, table->count, sizeof(*list));

    if (!list)
        return false;
    for (size_t i = 0; i < table->count; i++)
        list[i] = i;
    qsort_r(list, table->count, sizeof(*list), compare_rows, &context);
    table->by_netns = list;
    table->by_netns_count = table->count;
    return true;
}

bool inventory_sort(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        struct inventory_table *table = &inv->tables[kind];

        if (!table->has_changed)
            continue;
        if (!sort_rows(table, (enum inventory_kind)kind) ||
            (kind == INVENTORY_NETNS && !inventory_build_lives(inv)))
            return false;
        table->has_changed = false;
    }
    return inventory_sort_addresses(inv) && names_sort(&inv->names);
}

/* Where the rows of that inum begin, or would. */
static size_t find_inum(const struct inventory_table *table, enum inventory_kind kind,
                        uint64_t inum)
{
    size_t low = 0, high = table->by_netns_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (row_head(row_at(table, kind, table->by_netns[middle])).netns.inum < inum)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const size_t *inventory_of_inum(const struct inventory *inv, enum inventory_kind kind,
                                uint32_t inum, size_t *count)
{
    const struct inventory_table *table = &inv->tables[kind];
    size_t at = find_inum(table, kind, inum);

    *count = find_inum(table, kind, (uint64_t)inum + 1) - at;
    return *count ? table->by_netns + at : NULL;
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

/* At all times: it lives as long as the host does. */
bool inventory_is_host(const struct inventory *inv, const struct nst_netns *netns)
{
    const struct nst_known_netns *rows = inv->tables[INVENTORY_NETNS].rows;
    size_t count;
    const size_t *list = inventory_of_inum(inv, INVENTORY_NETNS, netns->inum, &count);

    for (size_t i = 0; i < count; i++)
        if (rows[list[i]].flags & NST_NETNS_INITIAL &&
            names_same_netns(&rows[list[i]].netns, netns))
            return true;
    return false;
}
