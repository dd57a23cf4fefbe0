/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_files.h"

#include <stdlib.h>

#include "analyze/inventory_life.h"

struct gather {
    struct netns_report *report;
    struct input *in;
    unsigned *hosts; /* of each file, its host in the report */
    bool follows;    /* packets were chosen, so those where one was are wanted, too */
};

/* The files of a host by age: what one of them leaves open the next one tells anew. */
static int compare_files(const void *a, const void *b, void *context)
{
    const struct input *in = context;
    const struct nst_file_info *left = input_file(in, *(const unsigned *)a)->info;
    const struct nst_file_info *right = input_file(in, *(const unsigned *)b)->info;

    return left->monotonic_ns < right->monotonic_ns ? -1 : left->monotonic_ns > right->monotonic_ns;
}

static bool learn_file(struct gather *g, unsigned file)
{
    const struct nst_file_info *info = input_file(g->in, file)->info;
    const struct input_totals *totals = input_totals(g->in, file);
    size_t host = report_host(g->report, info->boot_id, info->hostname);
    struct report_host *h;

    if (host == SIZE_MAX)
        return false;
    h = &g->report->hosts[host];
    g->hosts[file] = (unsigned)host;
    if (totals->blocks)
        report_host_events(g->report, host, totals->first_time_ns);
    if (!h->inventory.asleep_ns)
        h->inventory.asleep_ns = input_inventory(g->in, file)->asleep_ns;
    if (!anchors_join(&h->anchors, input_anchors(g->in, file)))
        return false;
    /* What was full before anybody had looked does not say that what was there is no more. */
    if (!inventory_tells(input_inventory(g->in, file)))
        return true;
    inventory_close(&h->inventory);
    return inventory_learn_from(&h->inventory, input_inventory(g->in, file));
}

static bool learn_files(struct gather *g)
{
    unsigned count = input_files_count(g->in);
    unsigned *order = calloc(count, sizeof(*order));
    bool ok = order;

    for (unsigned i = 0; ok && i < count; i++)
        order[i] = i;
    if (ok)
        qsort_r(order, count, sizeof(*order), compare_files, g->in);
    for (unsigned i = 0; ok && i < count; i++)
        ok = learn_file(g, order[i]);
    free(order);
    return ok;
}

static bool count_block(struct gather *g, const struct input_block *b)
{
    unsigned host = g->hosts[b->file->index];

    for (uint32_t i = 0; i < b->count; i++) {
        const struct nst_event *event = &b->block->events[b->events[i]];
        struct report_netns *n;

        if (event->netns == NST_NONE)
            continue;
        n = report_find(g->report, host, &b->block->netns[event->netns], event->ts_ns);
        if (!n)
            return false;
        report_count(n, event->ts_ns, 1, event->drop_reason != NST_NONE, event->len_bytes);
    }
    return true;
}

/* Where times count from: the first event of all files, or the beginning of the first of them. */
static void set_base(struct gather *g)
{
    uint64_t first_ns = UINT64_MAX, begun_ns = UINT64_MAX;

    for (unsigned i = 0; i < input_files_count(g->in); i++) {
        const struct input_totals *t = input_totals(g->in, i);
        uint64_t begin_ns = input_file(g->in, i)->info->realtime_ns;

        if (t->blocks && t->first_time_ns < first_ns)
            first_ns = t->first_time_ns;
        /* A damaged header has none. */
        if (begin_ns && begin_ns < begun_ns)
            begun_ns = begin_ns;
    }
    g->report->base_ns = first_ns != UINT64_MAX ? first_ns : begun_ns;
}

/* A file knows nothing of who had an inum after its end, and not of all who had it. */
static bool is_in_file(const struct gather *g, unsigned file, const struct report_netns *n)
{
    const struct life life =
        inventory_life(input_inventory(g->in, file), &n->netns, n->first_ts_ns);

    return g->hosts[file] == n->host &&
           (n->netns.cookie || !life.is_known || !n->life_ns || life.first_ts_ns == n->life_ns);
}

static bool is_wanted(void *context, const struct report_netns *n)
{
    const struct gather *g = context;

    if (g->follows && n->events)
        return true;
    for (unsigned i = 0; i < input_files_count(g->in); i++)
        if (is_in_file(g, i, n) &&
            input_wants_netns(g->in, i, &n->netns, n->first_ts_ns, n->last_ts_ns))
            return true;
    return false;
}

static bool count_events(struct gather *g)
{
    struct input_block block;

    while (input_next_block(g->in, &block) > 0)
        if (!count_block(g, &block))
            return false;
    return true;
}

static bool gather_files(struct gather *g)
{
    bool seekable = input_can_restart(g->in);

    /* The tables of a pipe come with its events. */
    for (unsigned i = 0; !seekable && i < input_files_count(g->in); i++) {
        const struct nst_file_info *info = input_file(g->in, i)->info;

        g->hosts[i] = (unsigned)report_host(g->report, info->boot_id, info->hostname);
        if (g->hosts[i] >= g->report->hosts_count)
            return false;
    }
    if ((!seekable && !count_events(g)) || !learn_files(g) || !report_fill(g->report) ||
        (seekable && !count_events(g)))
        return false;
    set_base(g);
    report_sort(g->report);
    report_keep(g->report, is_wanted, g);
    return true;
}

bool netns_files_report(struct input *in, bool follows, struct netns_report *r)
{
    struct gather g = {.report = r, .in = in, .follows = follows};
    bool ok;

    g.hosts = calloc(input_files_count(in), sizeof(*g.hosts));
    ok = g.hosts && gather_files(&g);
    free(g.hosts);
    return ok;
}
