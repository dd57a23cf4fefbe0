/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who is wired to whom: the devices of each namespace, those of a bridge below it, and where
 * each leads to. */
#include "config.h"

#include <stdlib.h>

#include "analyze/escape.h"
#include "analyze/netns_words.h"

/* A device that is shown, and below which one: 0, none. */
struct node {
    uint32_t master;
    const struct nst_known_device *device;
};

struct tree {
    FILE *out;
    const struct netns_report *report;
    const struct report_netns *netns;
    const struct inventory *inventory;
    const struct nst_known_device *devices;
    struct node *nodes; /* level by level; each in the order of the devices */
    size_t count;
};

static void print_addresses(const struct tree *t, uint32_t ifindex)
{
    size_t count;
    const struct nst_address *all = inventory_addresses(t->inventory, &count);
    const struct report_rows rows =
        report_rows_ranked(t->report, t->netns, INVENTORY_ADDRESS, ifindex);

    for (size_t i = 0; i < rows.count; i++) {
        const struct nst_address *a = &all[rows.list[i]];

        if (words_is_local(a) ||
            !inventory_is_latest(t->inventory, INVENTORY_ADDRESS, rows.list[i]))
            continue;
        putc(' ', t->out);
        words_address(t->out, a);
    }
}

static void print_device(const struct tree *t, const struct nst_known_device *d)
{
    escape_text(t->out, d->name);
    if (d->kind) {
        fputs(" (", t->out);
        escape_text(t->out, d->kind);
        putc(')', t->out);
    }
    print_addresses(t, d->ifindex);
    words_link(t->out, t->report, t->netns->host, d, " -- ", " on ");
    if (d->last_ts_ns < t->netns->last_ts_ns)
        fputs(", gone", t->out);
    putc('\n', t->out);
}

/* Devices whose master is not known stand beside those without one. */
static bool has_master(const struct tree *t, const struct nst_known_device *d)
{
    struct report_rows rows = {0};

    if (d->master)
        rows = report_rows_ranked(t->report, t->netns, INVENTORY_DEVICE, d->master);
    for (size_t i = 0; i < rows.count; i++)
        if (&t->devices[rows.list[i]] != d &&
            inventory_is_latest(t->inventory, INVENTORY_DEVICE, rows.list[i]))
            return true;
    return false;
}

static int compare_nodes(const void *x, const void *y)
{
    const struct node *a = x, *b = y;

    if (a->master != b->master)
        return a->master < b->master ? -1 : 1;
    if (a->device->ifindex != b->device->ifindex)
        return a->device->ifindex < b->device->ifindex ? -1 : 1;
    return a->device < b->device ? -1 : a->device > b->device;
}

static bool make_nodes(struct tree *t)
{
    const struct report_rows *rows = &t->netns->rows[INVENTORY_DEVICE];

    t->nodes = calloc(rows->count + 1, sizeof(*t->nodes));
    if (!t->nodes)
        return false;
    for (size_t i = 0; i < rows->count; i++) {
        const struct nst_known_device *d = &t->devices[rows->list[i]];

        uint32_t master = has_master(t, d) ? d->master : 0;

        /* One that is said to be below itself is of no level. */
        if (inventory_is_latest(t->inventory, INVENTORY_DEVICE, rows->list[i]) &&
            (!master || master != d->ifindex))
            t->nodes[t->count++] = (struct node){master, d};
    }
    qsort(t->nodes, t->count, sizeof(*t->nodes), compare_nodes);
    return true;
}

/* Where those below that one begin, or would. */
static size_t find_level(const struct tree *t, uint32_t master)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->nodes[middle].master < master)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct tree *t, size_t i, uint32_t master)
{
    return i < t->count && t->nodes[i].master == master;
}

/* A bond can be a bridge's port; deeper than this nobody stacks them, and a loop ends. */
#define DEEPEST 8

static void print_level(const struct tree *t, uint32_t master, bool *last, unsigned depth)
{
    for (size_t i = find_level(t, master); is_of(t, i, master); i++) {
        const struct nst_known_device *d = t->nodes[i].device;

        last[depth] = !is_of(t, i + 1, master);
        for (unsigned level = 0; level < depth; level++)
            fputs(last[level] ? "   " : "|  ", t->out);
        fputs(last[depth] ? "`- " : "|- ", t->out);
        print_device(t, d);
        if (depth + 1 < DEEPEST && d->ifindex)
            print_level(t, d->ifindex, last, depth + 1);
    }
}

static bool print_netns(FILE *out, const struct netns_report *r, const struct report_netns *n)
{
    const char *name = report_label(r, n->host, &n->netns, n->last_ts_ns);
    bool last[DEEPEST];
    size_t count;
    struct tree t = {
        .out = out,
        .report = r,
        .netns = n,
        .inventory = &r->hosts[n->host].inventory,
        .devices = inventory_devices(&r->hosts[n->host].inventory, &count),
    };

    if (!make_nodes(&t))
        return false;
    if (name) {
        escape_text(out, name);
        putc(' ', out);
    }
    words_netns(out, &n->netns);
    if (r->hosts_count > 1 && r->hosts[n->host].hostname) {
        fputs(" on ", out);
        escape_text(out, r->hosts[n->host].hostname);
    }
    putc('\n', out);
    print_level(&t, 0, last, 0);
    free(t.nodes);
    return true;
}

bool netns_print_tree(FILE *out, const struct netns_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (!print_netns(out, r, &r->list[i]))
            return false;
    return true;
}
