/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gathers what `nstrail info` says. */
#include "config.h"

#include "analyze/info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_label.h"
#include "analyze/names.h"

/* Where the entries of a block's dictionaries stand in the tallies; one more for NST_NONE. */
struct places {
    struct tally_entry **list;
    size_t room;
};

/* Where it is gathered. */
struct gather {
    struct info *info;
    struct places netns, devices, probes, drop_reasons;
    bool no_memory;
};

static bool places_reset(struct places *p, uint32_t count)
{
    if (p->room < (size_t)count + 1) {
        struct tally_entry **list = reallocarray(p->list, (size_t)count + 1, sizeof(*list));

        if (!list)
            return false;
        p->list = list;
        p->room = (size_t)count + 1;
    }
    memset(p->list, 0, ((size_t)count + 1) * sizeof(*p->list));
    return true;
}

/* The place of an event's index. The entry is made at its first event: a dictionary may hold
 * what no matching event refers to. */
static struct tally_entry **place_of(struct places *p, uint32_t index, uint32_t count)
{
    return &p->list[index < count ? index : count];
}

static void count(struct gather *g, struct tally_entry *entry, const struct nst_event *event)
{
    if (entry)
        tally_add(entry, event);
    else
        g->no_memory = true;
}

static struct tally_key netns_key(unsigned host, const struct nst_block *block, uint32_t netns)
{
    struct tally_key key = {.host = host};

    if (netns < block->netns_count)
        key.netns = block->netns[netns];
    return key;
}

static void count_netns(struct gather *g, unsigned host, const struct nst_block *block,
                        const struct nst_event *event)
{
    struct tally_entry **place = place_of(&g->netns, event->netns, block->netns_count);

    if (!*place) {
        struct tally_key key = netns_key(host, block, event->netns);

        *place = tally_find(&g->info->netns, &key);
    }
    count(g, *place, event);
}

static void count_device(struct gather *g, unsigned host, const struct nst_block *block,
                         const struct nst_event *event)
{
    struct tally_entry **place = place_of(&g->devices, event->device, block->devices_count);

    if (event->device >= block->devices_count)
        return;
    if (!*place) {
        const struct nst_device *device = &block->devices[event->device];
        struct tally_key key = netns_key(host, block, device->netns);

        key.number = device->ifindex;
        key.name = device->name;
        *place = tally_find(&g->info->devices, &key);
    }
    count(g, *place, event);
}

static void count_probe(struct gather *g, const struct nst_block *block,
                        const struct nst_event *event)
{
    struct tally_entry **place = place_of(&g->probes, event->probe, block->probes_count);

    if (event->probe >= block->probes_count)
        return;
    if (!*place) {
        const struct nst_probe *probe = &block->probes[event->probe];
        struct tally_key key = {.number = probe->kind, .name = probe->symbol};

        *place = tally_find(&g->info->probes, &key);
    }
    count(g, *place, event);
}

static void count_drop(struct gather *g, const struct nst_block *block,
                       const struct nst_event *event)
{
    struct tally_entry **place =
        place_of(&g->drop_reasons, event->drop_reason, block->drop_reasons_count);

    if (event->drop_reason >= block->drop_reasons_count)
        return;
    if (!*place) {
        const struct nst_drop_reason *reason = &block->drop_reasons[event->drop_reason];
        struct tally_key key = {
            .number = reason->number, .subsys = reason->subsys, .name = reason->name};

        *place = tally_find(&g->info->drop_reasons, &key);
    }
    count(g, *place, event);
}

static void count_in_file(struct info_file *file, const struct nst_event *event)
{
    if (!file->events.events || event->ts_ns < file->first_ts_ns)
        file->first_ts_ns = event->ts_ns;
    if (event->ts_ns > file->last_ts_ns)
        file->last_ts_ns = event->ts_ns;
    file->late += (event->flags & NST_EVENT_LATE) != 0;
    tally_add(&file->events, event);
}

static void gather_block(struct gather *g, const struct input_block *b)
{
    const struct nst_block *block = b->block;
    struct info_file *file = &g->info->files[b->file->index];

    if (!places_reset(&g->netns, block->netns_count) ||
        !places_reset(&g->devices, block->devices_count) ||
        !places_reset(&g->probes, block->probes_count) ||
        !places_reset(&g->drop_reasons, block->drop_reasons_count)) {
        g->no_memory = true;
        return;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        const struct nst_event *event = &block->events[b->events[i]];

        count_in_file(file, event);
        count_netns(g, file->host, block, event);
        count_device(g, file->host, block, event);
        count_probe(g, block, event);
        count_drop(g, block, event);
    }
}

struct saying {
    struct intern said;
    void (*say)(void *context, const char *name);
    void *context;
};

static void say_once(struct saying *s, const char *name)
{
    size_t length = strlen(name);

    if (intern_find(&s->said, name, length))
        return;
    s->say(s->context, name);
    intern_add(&s->said, name, length, 1);
}

/* A container or the host has perhaps no name of its own: what people call it goes before. */
static void say_names(struct saying *s, const struct input *in, unsigned file,
                      const struct nst_netns *netns)
{
    const struct inventory *inv = input_inventory(in, file);
    const char *label = inventory_latest_label(inv, netns);
    struct by_netns_of of = names_of(&inv->names, netns);
    const struct nst_netns_name *entry;

    if (label)
        say_once(s, label);
    while ((entry = names_next(&inv->names, &of)))
        say_once(s, entry->name);
}

void info_netns_names(const struct info *info, const struct tally_key *key,
                      void (*say)(void *context, const char *name), void *context)
{
    struct saying s = {.say = say, .context = context};

    for (unsigned i = 0; i < info->files_count; i++)
        if (info->files[i].host == key->host)
            say_names(&s, info->in, i, &key->netns);
    intern_clear(&s.said);
}

double info_average(const struct info_file *file, uint64_t amount)
{
    return file->events.events ? (double)amount / (double)file->events.events : NAN;
}

double info_rate(const struct info_file *file, uint64_t amount)
{
    uint64_t ns = file->last_ts_ns - file->first_ts_ns;

    return ns ? (double)amount * 1e9 / (double)ns : NAN;
}

/* Namespaces by host and inum alone. */
static bool add_inum(struct intern *inums, unsigned host, uint32_t inum)
{
    const uint32_t key[] = {host, inum};

    return intern_find(inums, key, sizeof(key)) || intern_add(inums, key, sizeof(key), 1);
}

static bool has_inum(const struct intern *inums, unsigned host, uint32_t inum)
{
    const uint32_t key[] = {host, inum};

    return intern_find(inums, key, sizeof(key));
}

/* The tally has it, in the sense of names_same_netns(). */
static bool is_in_tally(const struct gather *g, const struct intern *inums,
                        const struct tally_key *key)
{
    struct tally_key without = *key;

    without.netns.cookie = 0;
    return key->netns.cookie
               ? tally_has(&g->info->netns, key) || tally_has(&g->info->netns, &without)
               : has_inum(inums, key->host, key->netns.inum);
}

/* False: no memory. */
static bool add_silent(struct gather *g, struct intern *inums, unsigned host,
                       const struct nst_netns *netns)
{
    struct tally_key key = {.host = host, .netns = *netns};

    return is_in_tally(g, inums, &key) ||
           (tally_find(&g->info->netns, &key) && add_inum(inums, key.host, key.netns.inum));
}

/* A namespace of which no event is, only what the tables say, counts, too. */
static bool add_known_netns(struct gather *g, struct intern *inums, const struct info_file *file)
{
    const struct inventory *inv = input_inventory(g->info->in, file->file->index);
    size_t count;
    const struct nst_known_netns *known = inventory_netns(inv, &count);

    for (size_t i = 0; i < count; i++)
        if (!add_silent(g, inums, file->host, &known[i].netns))
            return false;
    for (size_t i = 0; i < inv->names.count; i++)
        if (!add_silent(g, inums, file->host, &inv->names.list[i].netns))
            return false;
    return true;
}

static bool add_all_known(struct gather *g)
{
    struct intern inums = {0};
    bool ok = true;

    for (size_t i = 0; i < g->info->netns.count && ok; i++) {
        const struct tally_key *key = &g->info->netns.list[i]->key;

        ok = add_inum(&inums, key->host, key->netns.inum);
    }
    for (unsigned i = 0; i < g->info->files_count && ok; i++)
        ok = add_known_netns(g, &inums, &g->info->files[i]);
    intern_clear(&inums);
    return ok;
}

/* NULL: no memory. */
static struct info_counter *counter_of(struct info_file *file, struct intern *names,
                                       const char *name)
{
    size_t length = strlen(name);
    int64_t at = intern_find(names, name, length);

    if (at)
        return &file->counters[at - 1];
    if (!intern_add(names, name, length, (int64_t)file->counters_count + 1))
        return NULL;
    file->counters[file->counters_count] = (struct info_counter){.name = name, .known = true};
    return &file->counters[file->counters_count++];
}

/* The recorder counts by CPU and probe; what one of them cannot tell, the sum cannot either. */
static bool gather_counters(const struct input *in, struct info_file *file)
{
    const struct nst_tables *tables = input_tables(in, file->file->index);
    struct intern names = {0};
    bool ok = true;

    if (!tables || !tables->counters_count)
        return true;
    file->counters = calloc(tables->counters_count, sizeof(*file->counters));
    if (!file->counters)
        return false;
    for (size_t i = 0; i < tables->counters_count && ok; i++) {
        struct info_counter *counter = counter_of(file, &names, tables->counters[i].name);

        ok = counter;
        if (!ok)
            break;
        counter->known &= tables->counters[i].known;
        counter->value += tables->counters[i].value;
    }
    intern_clear(&names);
    return ok;
}

static bool gather_losses(const struct input *in, struct info_file *file)
{
    const struct nst_file_info *info = file->file->info;
    const struct nst_tables **history;
    size_t count = input_tables_history(in, file->file->index, &history);

    file->anchors = input_anchors(in, file->file->index);
    return losses_gather(&file->losses, (const struct nst_tables *const *)history, count,
                         info->sequence ? 0 : info->monotonic_ns) &&
           losses_sum(&file->losses_sum, &file->losses);
}

/* Namespaces and devices are told apart by the boot of the host that they were seen on. */
static unsigned host_of(struct info *info, const struct nst_file_info *file)
{
    static const uint8_t unknown[sizeof(file->boot_id)];

    for (unsigned i = 0; i < info->hosts_count; i++)
        if (memcmp(file->boot_id, unknown, sizeof(unknown)) &&
            !memcmp(file->boot_id, info->hosts[i]->boot_id, sizeof(unknown)))
            return i;
    info->hosts[info->hosts_count] = file;
    return info->hosts_count++;
}

static bool gather_files(struct gather *g, const struct input *in)
{
    struct info *info = g->info;

    info->in = in;
    info->files_count = input_files_count(in);
    info->files = calloc(info->files_count, sizeof(*info->files));
    info->hosts = calloc(info->files_count, sizeof(*info->hosts));
    if (!info->files || !info->hosts)
        return false;
    for (unsigned i = 0; i < info->files_count; i++) {
        info->files[i].file = input_file(in, i);
        info->files[i].totals = input_totals(in, i);
        info->files[i].host = host_of(info, info->files[i].file->info);
    }
    return true;
}

static void gather_events(struct gather *g, struct input *in)
{
    struct input_block block;

    while (!g->no_memory && input_next_block(in, &block) > 0)
        gather_block(g, &block);
    for (unsigned i = 0; i < g->info->files_count && !g->no_memory; i++)
        g->no_memory =
            !gather_counters(in, &g->info->files[i]) || !gather_losses(in, &g->info->files[i]);
    if (!g->info->filtered && !g->no_memory)
        g->no_memory = !add_all_known(g);
    tally_rank(&g->info->netns);
    tally_rank(&g->info->devices);
    tally_rank(&g->info->probes);
    tally_rank(&g->info->drop_reasons);
}

static void places_free(struct gather *g)
{
    free(g->netns.list);
    free(g->devices.list);
    free(g->probes.list);
    free(g->drop_reasons.list);
}

bool info_gather(struct info *info, struct input *in)
{
    struct gather g = {.info = info};

    if (gather_files(&g, in))
        gather_events(&g, in);
    else
        g.no_memory = true;
    places_free(&g);
    return !g.no_memory;
}

void info_free(struct info *info)
{
    for (unsigned i = 0; info->files && i < info->files_count; i++) {
        free(info->files[i].counters);
        losses_free(&info->files[i].losses);
        losses_free(&info->files[i].losses_sum);
    }
    free(info->files);
    free(info->hosts);
    tally_free(&info->netns);
    tally_free(&info->devices);
    tally_free(&info->probes);
    tally_free(&info->drop_reasons);
}
