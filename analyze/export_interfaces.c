/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which interface each event belongs to, and the first reading, which finds all that there are. */
#include "config.h"

#include "analyze/export_internal.h"

#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"
#include "analyze/message.h"

/* Unknown, in, out. */
#define DIRECTIONS 3

/* The interface of an event, as it is at that moment, and for how long: its namespace may have
 * another name before and after. */
static void find_interface(struct exporter *x, const struct input_event *e, uint64_t ts_ns,
                           struct export_interface *interface)
{
    const struct inventory *inv = input_known(x->in, e->file->index);
    const struct nst_block *block = e->block;
    uint32_t netns = e->event->netns;
    struct interface_key key = {
        .host = x->origins.list[x->origins.of_file[e->file->index]].host,
        .linktype = export_is_raw(x, e->event) ? PCAPNG_LINKTYPE_RAW : PCAPNG_LINKTYPE_ETHERNET,
        .device = "",
    };
    const char *name = NULL;

    *interface = (struct export_interface){.until_ns = UINT64_MAX};
    if (e->event->device != NST_NONE) {
        const struct nst_device *device = &block->devices[e->event->device];

        key.has_device = true;
        key.ifindex = device->ifindex;
        key.device = device->name;
        netns = device->netns;
    }
    if (netns != NST_NONE) {
        key.has_netns = true;
        key.netns = block->netns[netns];
        key.life_ns = inventory_life_key(inv, &key.netns, ts_ns);
        name = inventory_label(inv, &key.netns, ts_ns);
        inventory_steady(inv, &key.netns, ts_ns, &interface->from_ns, &interface->until_ns);
    }
    interface->number = interfaces_number(&x->interfaces, &key, name);
}

static const struct export_interface *interface_at(struct exporter *x,
                                                   const struct export_block *cached,
                                                   const struct input_event *e, uint64_t ts_ns)
{
    struct export_interface *interface =
        export_block_interface(cached, e->event, export_is_raw(x, e->event));

    if (ts_ns < interface->from_ns || ts_ns > interface->until_ns)
        find_interface(x, e, ts_ns, interface);
    return interface;
}

uint32_t export_interface_at(struct exporter *x, const struct export_block *cached,
                             const struct input_event *e, uint64_t ts_ns)
{
    return interface_at(x, cached, e, ts_ns)->number;
}

/* Makes the interfaces that events like this one have from the first moment to the last: another
 * one whenever its namespace has become another one, or has another name. */
static int collect_interfaces(struct exporter *x, const struct export_block *cached,
                              const struct input_event *e, uint64_t first_ts_ns,
                              uint64_t last_ts_ns)
{
    const struct export_interface *interface;
    uint64_t ts_ns = first_ts_ns;

    for (;;) {
        interface = interface_at(x, cached, e, ts_ns);
        if (interface->number == NST_NONE)
            return export_no_memory();
        if (interface->until_ns < ts_ns || interface->until_ns >= last_ts_ns)
            return STATUS_OK;
        ts_ns = interface->until_ns + 1;
    }
}

/* By which probe packets pass in each direction, as far as one does. */
struct collecting {
    struct exporter *x;
    uint32_t probes[DIRECTIONS]; /* the number of one; NST_NONE: of none */
};

/* Of drops none is left out, by whatever probes they are seen. */
static void collect_probe(struct collecting *c, const struct export_block *cached,
                          const struct nst_event *event)
{
    const struct export_probe *probe = &cached->probes[event->probe];
    uint32_t *before = &c->probes[probe->direction];

    if (event->drop_reason != NST_NONE)
        return;
    if (*before != NST_NONE && *before != probe->number)
        c->x->several_probes = true;
    *before = probe->number;
}

static int collect_event(struct collecting *c, const struct export_block *cached,
                         struct input_event *e, const struct nst_event *event, uint64_t first_ts_ns,
                         uint64_t last_ts_ns)
{
    e->event = event;
    collect_probe(c, cached, event);
    return collect_interfaces(c->x, cached, e, first_ts_ns, last_ts_ns);
}

/* A block that was loaded without its events has sites: each stands for all events of its kind, at
 * any time within the block. */
static int collect_block(struct collecting *c, const struct input_block *b)
{
    const struct nst_block *block = b->block;
    struct input_event e = {.block = block, .file = b->file};
    int status = STATUS_OK;
    struct export_block *cached;
    bool fresh;

    cached = export_cache_get(&c->x->cache, b->file, block, &fresh);
    if (!cached)
        return export_no_memory();
    for (uint32_t i = 0; !block->events && i < block->sites_count && status == STATUS_OK; i++)
        status = collect_event(c, cached, &e, &block->sites[i], block->info.first_ts_ns,
                               block->info.last_ts_ns);
    for (uint32_t i = 0; i < b->count && status == STATUS_OK; i++) {
        const struct nst_event *event = &block->events[b->events[i]];

        status = collect_event(c, cached, &e, event, event->ts_ns, event->ts_ns);
    }
    return status;
}

int export_collect(struct exporter *x)
{
    /* A filter that asks for more than whole blocks has can only be asked about single events. */
    unsigned load = filter_is_set(x->wanted->filter) ? NST_LOAD_META : NST_LOAD_SITES;
    struct collecting c = {.x = x};
    struct input_block block;
    int status = STATUS_OK;

    if (!input_restart(x->in, load))
        return STATUS_FAILED;
    for (unsigned i = 0; i < DIRECTIONS; i++)
        c.probes[i] = NST_NONE;
    while (status == STATUS_OK && input_next_block(x->in, &block))
        status = collect_block(&c, &block);
    x->several_probes |= c.probes[PCAPNG_DIRECTION_UNKNOWN] != NST_NONE;
    export_cache_free(&x->cache);
    if (!input_restart(x->in, NST_LOAD_PACKETS))
        return STATUS_FAILED;
    return status;
}

/* Nobody knows at which device events were lost: they are counted at an interface that has none. It
 * has the link type of the first interface, because tcpdump refuses files with several. NST_NONE:
 * no memory. */
static uint32_t lost_interface(struct exporter *x, unsigned host)
{
    const struct interfaces *set = &x->interfaces;
    struct interface_key key = {
        .host = host,
        .linktype = set->count ? set->list[0].key.linktype : PCAPNG_LINKTYPE_ETHERNET,
        .device = "",
    };

    return interfaces_number(&x->interfaces, &key, NULL);
}

bool export_make_lost_interfaces(struct exporter *x)
{
    for (unsigned i = 0; i < input_files_count(x->in); i++)
        if (input_totals(x->in, i)->lost &&
            lost_interface(x, x->origins.list[x->origins.of_file[i]].host) == NST_NONE)
            return false;
    return true;
}

void export_count_lost(struct exporter *x)
{
    for (unsigned i = 0; i < input_files_count(x->in); i++) {
        const struct input_totals *totals = input_totals(x->in, i);
        struct origin *origin = &x->origins.list[x->origins.of_file[i]];

        origin_lost(origin, totals->lost);
        if (origin->lost_here)
            interfaces_dropped(&x->interfaces, lost_interface(x, origin->host), origin->lost_here,
                               totals->first_time_ns, totals->last_time_ns);
        origin->lost_here = 0;
    }
}
