/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who is wired to whom: the devices of each namespace, those of a bridge below it, and where
 * each leads to. */
#include "config.h"

#include <inttypes.h>

#include "analyze/escape.h"
#include "analyze/netns_words.h"

struct tree {
    FILE *out;
    const struct netns_report *report;
    const struct report_netns *netns;
    const struct inventory *inventory;
    const struct nst_known_device *devices;
};

static const struct nst_known_device *device_at(const struct tree *t, size_t i)
{
    return &t->devices[t->netns->rows[INVENTORY_DEVICE].list[i]];
}

static bool is_shown(const struct tree *t, size_t i)
{
    return inventory_is_latest(t->inventory, INVENTORY_DEVICE,
                               t->netns->rows[INVENTORY_DEVICE].list[i]);
}

/* Devices whose master is not known stand beside those without one. */
static bool has_master(const struct tree *t, const struct nst_known_device *d)
{
    for (size_t i = 0; d->master && i < t->netns->rows[INVENTORY_DEVICE].count; i++)
        if (device_at(t, i)->ifindex == d->master && device_at(t, i) != d && is_shown(t, i))
            return true;
    return false;
}

static void print_addresses(const struct tree *t, uint32_t ifindex)
{
    size_t count;
    const struct nst_address *all = inventory_addresses(t->inventory, &count);
    const struct report_rows *rows = &t->netns->rows[INVENTORY_ADDRESS];

    for (size_t i = 0; i < rows->count; i++) {
        const struct nst_address *a = &all[rows->list[i]];

        if (a->ifindex != ifindex || words_is_local(a) ||
            !inventory_is_latest(t->inventory, INVENTORY_ADDRESS, rows->list[i]))
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

/* A device of the level that is asked for: of that master, or with none for 0. */
static bool is_of(const struct tree *t, size_t i, uint32_t master)
{
    const struct nst_known_device *d = device_at(t, i);

    if (!is_shown(t, i))
        return false;
    return master ? d->master == master && d->ifindex != master : !has_master(t, d);
}

static bool is_last_of(const struct tree *t, size_t i, uint32_t master)
{
    while (++i < t->netns->rows[INVENTORY_DEVICE].count)
        if (is_of(t, i, master))
            return false;
    return true;
}

/* A bond can be a bridge's port; deeper than this nobody stacks them, and a loop ends. */
#define DEEPEST 8

static void print_level(const struct tree *t, uint32_t master, bool *last, unsigned depth)
{
    for (size_t i = 0; i < t->netns->rows[INVENTORY_DEVICE].count; i++) {
        if (!is_of(t, i, master))
            continue;
        last[depth] = is_last_of(t, i, master);
        for (unsigned level = 0; level < depth; level++)
            fputs(last[level] ? "   " : "|  ", t->out);
        fputs(last[depth] ? "`- " : "|- ", t->out);
        print_device(t, device_at(t, i));
        if (depth + 1 < DEEPEST && device_at(t, i)->ifindex)
            print_level(t, device_at(t, i)->ifindex, last, depth + 1);
    }
}

static void print_netns(FILE *out, const struct netns_report *r, const struct report_netns *n)
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
}

bool netns_print_tree(FILE *out, const struct netns_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        print_netns(out, r, &r->list[i]);
    return true;
}
