/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who is wired to whom: the devices of each namespace, those of a bridge below it, and where
 * each leads to. */
#include "config.h"

#include <stdlib.h>

#include "analyze/escape.h"
#include "analyze/netns_words.h"
#include "format/search.h"

/* A device that is shown, and below which one: 0, none. */
struct node {
    uint32_t master;
    const struct nst_known_device *device;
    const struct nst_known_device *cut_from; /* its master, below which it is not shown; or NULL */
    bool reached;                            /* there is a place for it; once shown no more */
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

static void print_device(const struct tree *t, const struct node *node)
{
    const struct nst_known_device *d = node->device;

    escape_text(t->out, d->name);
    if (d->kind) {
        fputs(" (", t->out);
        escape_text(t->out, d->kind);
        putc(')', t->out);
    }
    print_addresses(t, d->ifindex);
    words_link(t->out, t->report, t->netns->host, d, " -- ", " on ");
    if (node->cut_from) {
        fputs(", port of ", t->out);
        escape_text(t->out, node->cut_from->name);
    }
    if (d->last_ts_ns < t->netns->last_ts_ns)
        fputs(", gone", t->out);
    putc('\n', t->out);
}

/* NULL: none is known. Such devices stand beside those without one. */
static const struct nst_known_device *master_of(const struct tree *t,
                                                const struct nst_known_device *d)
{
    struct report_rows rows = {0};

    if (d->master)
        rows = report_rows_ranked(t->report, t->netns, INVENTORY_DEVICE, d->master);
    for (size_t i = 0; i < rows.count; i++)
        if (&t->devices[rows.list[i]] != d &&
            inventory_is_latest(t->inventory, INVENTORY_DEVICE, rows.list[i]))
            return &t->devices[rows.list[i]];
    return NULL;
}

static int compare_nodes(const void *x, const void *y)
{
    const struct node *a = x, *b = y;

    if (a->master != b->master)
        return a->master < b->master ? -1 : 1;
    if (!a->cut_from != !b->cut_from)
        return a->cut_from ? 1 : -1;
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

        if (inventory_is_latest(t->inventory, INVENTORY_DEVICE, rows->list[i]))
            t->nodes[t->count++] =
                (struct node){.master = master_of(t, d) ? d->master : 0, .device = d};
    }
    qsort(t->nodes, t->count, sizeof(*t->nodes), compare_nodes);
    return true;
}

/* Where those below that one begin, or would. */
static size_t find_level(const struct tree *t, uint32_t master)
{
    struct search s = search_in(t->count);

    while (search_step(&s))
        search_tell(&s, t->nodes[s.at].master < master);
    return s.at;
}

static bool is_of(const struct tree *t, size_t i, uint32_t master)
{
    return i < t->count && t->nodes[i].master == master;
}

/* A bond can be a bridge's port; deeper than this the kernel does not stack them. */
#define DEEPEST 8

static bool has_below(const struct node *node, unsigned depth)
{
    return depth + 1 < DEEPEST && node->device->ifindex;
}

static void reach_level(const struct tree *t, uint32_t master, unsigned depth);

static void reach(const struct tree *t, struct node *node, unsigned depth)
{
    if (node->reached)
        return;
    node->reached = true;
    if (has_below(node, depth))
        reach_level(t, node->device->ifindex, depth + 1);
}

static void reach_level(const struct tree *t, uint32_t master, unsigned depth)
{
    for (size_t i = find_level(t, master); is_of(t, i, master); i++)
        reach(t, &t->nodes[i], depth);
}

/* In a damaged file the way from master to master may lead round, or on and on: there it is cut. */
static void cut_ways(const struct tree *t)
{
    reach_level(t, 0, 0);
    for (size_t i = 0; i < t->count; i++) {
        struct node *node = &t->nodes[i];

        if (!node->reached)
            node->cut_from = master_of(t, node->device);
        reach(t, node, 0);
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->nodes[i].cut_from)
            t->nodes[i].master = 0;
    qsort(t->nodes, t->count, sizeof(*t->nodes), compare_nodes);
}

/* The next one from there on, of that level, that is to be shown. count: none. */
static size_t next_of(const struct tree *t, size_t i, uint32_t master)
{
    while (is_of(t, i, master) && !t->nodes[i].reached)
        i++;
    return is_of(t, i, master) ? i : t->count;
}

static void print_level(const struct tree *t, uint32_t master, bool *last, unsigned depth)
{
    size_t next;

    for (size_t i = next_of(t, find_level(t, master), master); i < t->count; i = next) {
        struct node *node = &t->nodes[i];

        node->reached = false;
        next = next_of(t, i + 1, master);
        last[depth] = next == t->count;
        for (unsigned level = 0; level < depth; level++)
            fputs(last[level] ? "   " : "|  ", t->out);
        fputs(last[depth] ? "`- " : "|- ", t->out);
        print_device(t, node);
        if (has_below(node, depth))
            print_level(t, node->device->ifindex, last, depth + 1);
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
    cut_ways(&t);
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
