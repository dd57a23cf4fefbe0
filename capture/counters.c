/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/counters.h"

#include <stdlib.h>

static const char *const kernel_names[EV_COUNTERS] = {
    [EV_LOST_RING] = "lost.ring",
    [EV_NO_PACKET] = "skipped.no_packet",
    [EV_CUT_NONLINEAR] = "cut.nonlinear",
    [EV_TRACKING_FULL] = "tracking.full",
    [EV_TRACKING_GUESSED] = "tracking.guessed",
    [EV_NO_STACK] = "cut.stack",
};

/* Beside those by CPU and probe: totals of 0, recursion by probe, disk, evictions, inventory. */
#define OTHER_COUNTERS (EV_COUNTERS + 7)

struct counters {
    const struct attachment *attachment;
    const struct probes *probes;
    uint32_t cpus;
    __u64 *events; /* by CPU * probes + probe */
    uint64_t evicted;
    struct inventory_counts inventory;
    bool has_inventory;
    struct nst_counter *list;
    size_t count;
};

struct counters *counters_new(const struct attachment *attachment)
{
    struct counters *counters = calloc(1, sizeof(*counters));
    size_t cells;

    if (!counters)
        return NULL;
    counters->attachment = attachment;
    counters->probes = attach_probes(attachment);
    counters->cpus = attach_cpus(attachment);
    cells = (size_t)counters->cpus * counters->probes->count;
    counters->events = calloc(cells, sizeof(*counters->events));
    counters->list = calloc(cells * (EV_COUNTERS + 1) + counters->probes->count + OTHER_COUNTERS,
                            sizeof(*counters->list));
    if (!counters->events || !counters->list) {
        counters_free(counters);
        return NULL;
    }
    return counters;
}

void counters_free(struct counters *counters)
{
    if (!counters)
        return;
    free(counters->events);
    free(counters->list);
    free(counters);
}

void counters_event(struct counters *counters, uint32_t cpu, uint32_t probe)
{
    counters->events[(size_t)cpu * counters->probes->count + probe]++;
}

void counters_evicted(struct counters *counters, uint64_t evicted)
{
    counters->evicted += evicted;
}

void counters_inventory(struct counters *counters, const struct inventory_counts *counts)
{
    counters->inventory = *counts;
    counters->has_inventory = true;
}

/* Of its own; kprobes share theirs. */
static bool has_program(const struct probe *probe)
{
    return probe->kind != NST_PROBE_KPROBE && probe->kind != NST_PROBE_KRETPROBE;
}

void counters_losses(const struct counters *counters, struct losses *losses)
{
    const volatile struct ev_counters *kernel = attach_counters(counters->attachment);
    size_t cells = (size_t)counters->cpus * counters->probes->count;
    uint64_t kprobe_misses;
    bool kprobes;

    *losses = (struct losses){.recursion_known = true};
    for (size_t i = 0; i < cells; i++)
        losses->ring += kernel[i].count[EV_LOST_RING];
    for (uint32_t probe = 0; probe < counters->probes->count; probe++) {
        uint64_t misses;

        if (!has_program(&counters->probes->list[probe]) ||
            !counters->probes->list[probe].recorded)
            continue;
        if (!attach_misses(counters->attachment, probe, &misses))
            losses->recursion_known = false;
        losses->recursion += misses;
    }
    if (!attach_kprobe_misses(counters->attachment, &kprobes, &kprobe_misses) && kprobes)
        losses->recursion_known = false;
    losses->recursion += kprobe_misses;
}

static void add(struct counters *counters, const char *name, const char *probe, uint32_t cpu,
                uint64_t value)
{
    counters->list[counters->count++] = (struct nst_counter){
        .name = name, .probe = probe, .cpu = cpu, .known = true, .value = value};
}

/* One kind of count of every CPU and probe, which stand stride apart. */
static void add_cells(struct counters *counters, const char *name, const volatile __u64 *values,
                      size_t stride)
{
    const struct probes *probes = counters->probes;
    size_t before = counters->count;

    for (uint32_t cpu = 0; cpu < counters->cpus; cpu++)
        for (uint32_t probe = 0; probe < probes->count; probe++) {
            uint64_t value = values[((size_t)cpu * probes->count + probe) * stride];

            if (value)
                add(counters, name, probes->list[probe].symbol, cpu, value);
        }
    if (counters->count == before)
        add(counters, name, NULL, NST_NONE, 0);
}

/* Of the probes that record, events are lost; of the others, only knowledge. */
static void add_recursion(struct counters *counters)
{
    uint64_t kprobe_misses;
    bool kprobes, kprobes_known;

    for (uint32_t probe = 0; probe < counters->probes->count; probe++) {
        const struct probe *p = &counters->probes->list[probe];
        const char *name = p->recorded ? "lost.recursion" : "tracking.recursion";
        uint64_t misses;
        bool known;

        if (!has_program(p))
            continue;
        known = attach_misses(counters->attachment, probe, &misses);
        add(counters, name, p->symbol, NST_NONE, misses);
        counters->list[counters->count - 1].known = known;
    }
    kprobes_known = attach_kprobe_misses(counters->attachment, &kprobes, &kprobe_misses);
    if (kprobes) {
        add(counters, "lost.recursion", NULL, NST_NONE, kprobe_misses);
        counters->list[counters->count - 1].known = kprobes_known;
    }
}

static void add_inventory(struct counters *counters)
{
    const struct inventory_counts *counts = &counters->inventory;

    add(counters, "inventory.limit", NULL, NST_NONE, counts->limit);
    add(counters, "inventory.left_out", NULL, NST_NONE, counts->left_out);
    add(counters, "inventory.unread", NULL, NST_NONE, counts->unread);
}

const struct nst_counter *counters_list(struct counters *counters, uint64_t lost_disk,
                                        size_t *count)
{
    const volatile struct ev_counters *kernel = attach_counters(counters->attachment);

    counters->count = 0;
    add_cells(counters, "events", counters->events, 1);
    for (int i = 0; i < EV_COUNTERS; i++)
        if (kernel_names[i])
            add_cells(counters, kernel_names[i], &kernel->count[i], EV_COUNTERS);
    add_recursion(counters);
    add(counters, "lost.disk", NULL, NST_NONE, lost_disk);
    add(counters, "tracking.evicted", NULL, NST_NONE, counters->evicted);
    if (counters->has_inventory)
        add_inventory(counters);
    *count = counters->count;
    return counters->list;
}
