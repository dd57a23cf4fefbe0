/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/counters.h"

#include <stdlib.h>
#include <string.h>

#include "format/array.h"

static const char *const kernel_names[EV_COUNTERS] = {
    [EV_LOST_RING] = "lost.ring",
    [EV_NO_PACKET] = "skipped.no_packet",
    [EV_CUT_NONLINEAR] = "cut.nonlinear",
    [EV_TRACKING_FULL] = "tracking.full",
    [EV_NO_STACK] = "cut.stack",
};

#define LOSS "lost."

struct counters {
    const struct attachment *attachment;
    const struct probes *probes;
    uint32_t cpus;

    size_t cells;   /* CPUs * probes. The next five are by CPU * probes + probe */
    __u64 *events;  /* given to the writer */
    __u64 *flushed; /* of events: written or lost */
    __u64 *guessed; /* of events: with NST_EVENT_GUESS */
    __u64 *guesses; /* guessed, and the guesses at probes that record no events */
    __u64 *lost_disk;

    bool kprobes;             /* there are some: else the next three are unused */
    uint64_t *missed;         /* by probe */
    uint64_t missed_together; /* by several probes that have one link */
    bool missed_known;
    uint64_t tracking_missed; /* of the kprobes that follow packets */
    bool tracking_missed_known;
    uint64_t evicted;
    struct inventory_counts inventory;
    bool has_inventory;
    struct nst_counter *list;
    size_t count, room;
    bool failed; /* there was no memory for all of the list */
};

struct counters *counters_new(const struct attachment *attachment)
{
    struct counters *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->attachment = attachment;
    c->probes = attach_probes(attachment);
    c->kprobes = probes_have_kprobes(c->probes);
    c->cpus = attach_cpus(attachment);
    c->cells = (size_t)c->cpus * c->probes->count;
    c->events = calloc(c->cells, sizeof(*c->events));
    c->flushed = calloc(c->cells, sizeof(*c->flushed));
    c->guessed = calloc(c->cells, sizeof(*c->guessed));
    c->guesses = calloc(c->cells, sizeof(*c->guesses));
    c->lost_disk = calloc(c->cells, sizeof(*c->lost_disk));
    c->missed = calloc(c->probes->count, sizeof(*c->missed));
    if (!c->events || !c->flushed || !c->guessed || !c->guesses || !c->lost_disk || !c->missed) {
        counters_free(c);
        return NULL;
    }
    /* Nothing is attached yet; but whether the kernel will tell is known. */
    counters_refresh(c);
    return c;
}

void counters_free(struct counters *counters)
{
    if (!counters)
        return;
    free(counters->events);
    free(counters->flushed);
    free(counters->guessed);
    free(counters->guesses);
    free(counters->lost_disk);
    free(counters->missed);
    free(counters->list);
    free(counters);
}

void counters_event(struct counters *counters, uint32_t cpu, uint32_t probe, bool guessed)
{
    size_t cell = (size_t)cpu * counters->probes->count + probe;

    counters->events[cell]++;
    counters->guessed[cell] += guessed;
}

void counters_flushed(struct counters *counters, bool written)
{
    for (size_t i = 0; !written && i < counters->cells; i++)
        counters->lost_disk[i] += counters->events[i] - counters->flushed[i];
    memcpy(counters->flushed, counters->events, counters->cells * sizeof(*counters->events));
}

void counters_refresh(struct counters *counters)
{
    if (counters->kprobes)
        counters->missed_known =
            attach_missed(counters->attachment, counters->missed, &counters->missed_together);
    counters->tracking_missed_known =
        attach_tracking_missed(counters->attachment, &counters->tracking_missed);
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

/* Whether the probe has a program of its own; all kprobes share a few. */
static bool has_program(const struct probe *probe)
{
    return probe->kind != NST_PROBE_KPROBE && probe->kind != NST_PROBE_KRETPROBE;
}

static uint64_t all_missed(const struct counters *counters)
{
    uint64_t sum = counters->missed_together;

    for (uint32_t probe = 0; probe < counters->probes->count; probe++)
        sum += counters->missed[probe];
    return sum;
}

void counters_losses(const struct counters *counters, struct losses *losses)
{
    const volatile struct ev_counters *kernel = attach_counters(counters->attachment);
    uint64_t kprobe_misses;
    bool kprobes;

    *losses = (struct losses){
        .recursion_known = true,
        .kprobes = counters->kprobes,
        .missed = all_missed(counters),
        .missed_known = counters->missed_known,
    };
    for (size_t i = 0; i < counters->cells; i++)
        losses->ring += kernel[i].count[EV_LOST_RING];
    for (uint32_t probe = 0; probe < counters->probes->count; probe++) {
        uint64_t misses;

        if (!has_program(&counters->probes->list[probe]) || !counters->probes->list[probe].recorded)
            continue;
        if (!attach_misses(counters->attachment, probe, &misses))
            losses->recursion_known = false;
        losses->recursion += misses;
    }
    if (!attach_kprobe_misses(counters->attachment, &kprobes, &kprobe_misses) && kprobes)
        losses->recursion_known = false;
    losses->recursion += kprobe_misses;
}

static void append(struct counters *counters, struct nst_counter counter)
{
    struct nst_counter *list =
        nst_array_room(counters->list, counters->count, &counters->room, sizeof(*list));

    if (!list) {
        counters->failed = true;
        return;
    }
    counters->list = list;
    counters->list[counters->count++] = counter;
}

/* Of all CPUs together. known: whether this kernel can tell. */
static void add_if_known(struct counters *counters, const char *name, const char *probe, bool known,
                         uint64_t value)
{
    append(counters,
           (struct nst_counter){
               .name = name, .probe = probe, .cpu = NST_NONE, .known = known, .value = value});
}

static void add(struct counters *counters, const char *name, const char *probe, uint64_t value)
{
    add_if_known(counters, name, probe, true, value);
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
                append(counters, (struct nst_counter){.name = name,
                                                      .probe = probes->list[probe].symbol,
                                                      .cpu = cpu,
                                                      .known = true,
                                                      .value = value});
        }
    if (counters->count == before)
        add(counters, name, NULL, 0);
}

static void add_guesses(struct counters *counters, const volatile struct ev_counters *kernel)
{
    for (size_t i = 0; i < counters->cells; i++)
        counters->guesses[i] = counters->guessed[i] + kernel[i].count[EV_TRACKING_GUESSED];
    add_cells(counters, "tracking.guessed", counters->guesses, 1);
}

/* Where the program of a probe that records is skipped, an event is lost; of one that only follows
 * packets, what tracking would have learnt. */
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
        add_if_known(counters, name, p->symbol, known, misses);
    }
    kprobes_known = attach_kprobe_misses(counters->attachment, &kprobes, &kprobe_misses);
    if (kprobes)
        add_if_known(counters, "lost.recursion", NULL, kprobes_known, kprobe_misses);
}

/* The kernel counts by BPF link: missed_together is of links that have several probes. */
static void add_missed(struct counters *counters)
{
    if (!counters->kprobes)
        return;
    add_if_known(counters, "lost.missed", NULL, counters->missed_known, counters->missed_together);
    for (uint32_t probe = 0; probe < counters->probes->count; probe++)
        if (counters->missed[probe])
            add(counters, "lost.missed", counters->probes->list[probe].symbol,
                counters->missed[probe]);
}

static void add_tracking(struct counters *counters)
{
    add(counters, "tracking.evicted", NULL, counters->evicted);
    if (!attach_tracks_exactly(counters->attachment))
        return;
    add_if_known(counters, "tracking.missed", NULL, counters->tracking_missed_known,
                 counters->tracking_missed);
}

/* Probes that could not be attached, and so saw nothing. */
static void add_failed(struct counters *counters)
{
    const struct probes *probes = counters->probes;
    size_t before = counters->count;

    for (uint32_t probe = 0; probe < probes->count; probe++)
        if (probes->list[probe].error)
            add(counters, "probe.failed", probes->list[probe].symbol, 1);
    if (counters->count == before)
        add(counters, "probe.failed", NULL, 0);
}

static void add_inventory(struct counters *counters)
{
    const struct inventory_counts *counts = &counters->inventory;

    add(counters, "inventory.limit", NULL, counts->limit);
    add(counters, "inventory.left_out", NULL, counts->left_out);
    add(counters, "inventory.unread", NULL, counts->unread);
    add(counters, "inventory.full", NULL, counts->full);
    add(counters, "inventory.unheard", NULL, counts->unheard);
}

const struct nst_counter *counters_list(struct counters *counters, size_t *count)
{
    const volatile struct ev_counters *kernel = attach_counters(counters->attachment);

    counters->count = 0;
    counters->failed = false;
    add_cells(counters, "events", counters->events, 1);
    for (int i = 0; i < EV_COUNTERS; i++)
        if (kernel_names[i])
            add_cells(counters, kernel_names[i], &kernel->count[i], EV_COUNTERS);
    add_guesses(counters, kernel);
    add_recursion(counters);
    add_missed(counters);
    add_cells(counters, "lost.disk", counters->lost_disk, 1);
    add_tracking(counters);
    add_failed(counters);
    if (counters->has_inventory)
        add_inventory(counters);
    /* A part of them would say less than there was. */
    if (counters->failed)
        counters->count = 0;
    *count = counters->count;
    return counters->list;
}

const struct nst_counter *counters_last_losses(struct counters *counters, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < counters->count; i++)
        if (!strncmp(counters->list[i].name, LOSS, strlen(LOSS)))
            counters->list[kept++] = counters->list[i];
    *count = counters->count = kept;
    return counters->list;
}
