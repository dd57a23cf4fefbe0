/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "capture/first_seen.h"
#include "capture/ref_cache.h"
#include "format/error.h"

_Static_assert((int)EV_FLAG_L3 == NST_EVENT_L3 && (int)EV_FLAG_CUT == NST_EVENT_CUT &&
                   (int)EV_FLAG_GUESS == NST_EVENT_GUESS,
               "records and files have the same flags");
_Static_assert((int)EV_NETNS_DEVICE == NST_NETNS_DEVICE &&
                   (int)EV_NETNS_SOCKET == NST_NETNS_SOCKET &&
                   (int)EV_NETNS_PARAMETER == NST_NETNS_PARAMETER,
               "records and files have the same sources");
_Static_assert((int)EV_SKB_CLONED == NST_SKB_CLONED && (int)EV_SKB_NOHDR == NST_SKB_NOHDR,
               "records and files have the same flags of skbs");

/* Reasons whose index in the writer is at hand. */
#define REASONS_AT_HAND 256

/* After so many new tasks those that no CPU remembers are forgotten. */
#define TASKS_NEW 8192

/* What the records of one CPU refer to. */
struct cpu_refs {
    struct ref_cache *devices, *netns, *tasks;
};

struct known_reason {
    bool used;
    uint32_t number;
    uint32_t index;
};

struct recorder {
    struct recorder_options options;
    struct nst_writer *writer;
    const struct drop_reasons *reasons;
    struct counters *counters;
    struct first_seen *first_seen;
    uint64_t events;
    uint32_t tasks_new;    /* defined since some were forgotten */
    struct cpu_refs *cpus; /* NULLs until the CPU's first record */
    uint32_t *probes;      /* their indices in the writer; NST_NONE: not recorded */
    struct known_reason known_reasons[REASONS_AT_HAND];
    struct nst_error error;
};

static int define_probes(struct recorder *r)
{
    const struct probes *probes = r->options.probes;

    r->probes = calloc(probes->count, sizeof(*r->probes));
    for (uint32_t i = 0; r->probes && i < probes->count; i++) {
        const struct probe *from = &probes->list[i];
        struct nst_probe probe = {.kind = from->kind, .symbol = from->symbol};

        r->probes[i] = from->recorded ? nst_writer_probe(r->writer, &probe) : NST_NONE;
        if (from->recorded && r->probes[i] == NST_NONE)
            return -ENOMEM;
    }
    return r->probes ? 0 : -ENOMEM;
}

struct recorder *recorder_new(const struct recorder_options *options, struct nst_writer *writer,
                              const struct drop_reasons *reasons, struct counters *counters)
{
    struct recorder *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->options = *options;
    r->writer = writer;
    r->reasons = reasons;
    r->counters = counters;
    r->cpus = calloc(options->cpus, sizeof(*r->cpus));
    r->first_seen = first_seen_new(options->inventory);
    if (!r->cpus || !r->first_seen || define_probes(r)) {
        recorder_free(r);
        return NULL;
    }
    return r;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    for (uint32_t cpu = 0; r->cpus && cpu < r->options.cpus; cpu++) {
        ref_cache_free(r->cpus[cpu].devices);
        ref_cache_free(r->cpus[cpu].netns);
        ref_cache_free(r->cpus[cpu].tasks);
    }
    free(r->cpus);
    free(r->probes);
    first_seen_free(r->first_seen);
    free(r);
}

const struct nst_error *recorder_error(const struct recorder *r)
{
    return &r->error;
}

static int no_memory(struct recorder *r)
{
    return nst_fail(&r->error, -ENOMEM, "no memory for the events");
}

static int not_ours(struct recorder *r)
{
    return nst_fail(&r->error, -EBADMSG, "a ring has a record that no program of ours wrote");
}

/* NULL: no memory, or no such CPU. */
static struct cpu_refs *refs_of(struct recorder *r, uint32_t cpu)
{
    struct cpu_refs *refs;

    if (cpu >= r->options.cpus)
        return NULL;
    refs = &r->cpus[cpu];
    if (!refs->devices)
        refs->devices = ref_cache_new(EV_DEVICE_SETS, EV_DEVICE_WAYS);
    if (!refs->netns)
        refs->netns = ref_cache_new(EV_NETNS_SETS, EV_NETNS_WAYS);
    if (!refs->tasks)
        refs->tasks = ref_cache_new(EV_TASK_SETS, EV_TASK_WAYS);
    return refs->devices && refs->netns && refs->tasks ? refs : NULL;
}

static int define(struct recorder *r, struct ref_cache *refs,
                  const struct ev_definition *definition, struct ref_value value)
{
    if (value.index == NST_NONE)
        return no_memory(r);
    if (!ref_cache_define(refs, definition->set, definition->way, definition->ref, value))
        return not_ours(r);
    return 0;
}

/* The kernel's names end within their field. */
static void copy_name(char name[EV_NAME_BYTES + 1], const uint8_t *from)
{
    memcpy(name, from, EV_NAME_BYTES);
    name[EV_NAME_BYTES] = '\0';
}

static int define_device(struct recorder *r, struct cpu_refs *refs, const struct ev_device *d)
{
    char name[EV_NAME_BYTES + 1];
    struct nst_netns netns = {.cookie = d->netns_cookie, .inum = d->netns_inum};
    struct nst_device device = {.ifindex = d->ifindex, .name = name};
    struct ref_value value;

    copy_name(name, d->name);
    device.netns = nst_writer_netns(r->writer, &netns);
    if (device.netns == NST_NONE)
        return no_memory(r);
    value.netns = device.netns;
    value.index = nst_writer_device(r->writer, &device);
    first_seen_netns(r->first_seen, device.netns, &netns);
    first_seen_device(r->first_seen, value.index, &netns, &device);
    return define(r, refs->devices, &d->definition, value);
}

static int define_netns(struct recorder *r, struct cpu_refs *refs, const struct ev_netns *n)
{
    struct nst_netns netns = {.cookie = n->cookie, .inum = n->inum};
    struct ref_value value = {.index = nst_writer_netns(r->writer, &netns), .netns = NST_NONE};

    first_seen_netns(r->first_seen, value.index, &netns);
    return define(r, refs->netns, &n->definition, value);
}

static void keep_task(void *context, const struct ref_value *value)
{
    uint8_t *kept = context;

    kept[value->index] = 1;
}

/* Without memory that has to wait. */
static void forget_tasks(struct recorder *r)
{
    uint8_t *kept = calloc(nst_writer_tasks(r->writer), 1);

    r->tasks_new = 0;
    if (!kept)
        return;
    for (uint32_t cpu = 0; cpu < r->options.cpus; cpu++)
        if (r->cpus[cpu].tasks)
            ref_cache_each(r->cpus[cpu].tasks, keep_task, kept);
    nst_writer_forget_tasks(r->writer, kept);
    free(kept);
}

static int define_task(struct recorder *r, struct cpu_refs *refs, const struct ev_task *t)
{
    char comm[EV_NAME_BYTES + 1];
    struct nst_task task = {.pid = (uint32_t)t->definition.ref,
                            .tgid = (uint32_t)(t->definition.ref >> 32),
                            .comm = comm};
    struct ref_value value = {.netns = NST_NONE};

    if (++r->tasks_new > TASKS_NEW)
        forget_tasks(r);
    copy_name(comm, t->comm);
    value.index = nst_writer_task(r->writer, &task);
    return define(r, refs->tasks, &t->definition, value);
}

static uint32_t reason_index(struct recorder *r, uint32_t number)
{
    struct known_reason *known = &r->known_reasons[(number ^ number >> 16) % REASONS_AT_HAND];
    struct nst_drop_reason reason;
    uint32_t index;

    if (known->used && known->number == number)
        return known->index;
    drop_reasons_find(r->reasons, number, &reason);
    index = nst_writer_drop_reason(r->writer, &reason);
    if (index != NST_NONE)
        *known = (struct known_reason){.used = true, .number = number, .index = index};
    return index;
}

static void resolve(const struct cpu_refs *refs, const struct ev_packet *packet,
                    struct nst_event *event)
{
    const struct ref_value *value;

    event->device = NST_NONE;
    event->netns = NST_NONE;
    if (packet->ref_type == EV_DEVICE) {
        value = ref_cache_find(refs->devices, packet->ref);
        event->device = value ? value->index : NST_NONE;
        event->netns = value ? value->netns : NST_NONE;
    } else if (packet->ref_type == EV_NETNS) {
        value = ref_cache_find(refs->netns, packet->ref);
        event->netns = value ? value->index : NST_NONE;
    }
    event->netns_source = event->netns == NST_NONE ? NST_NETNS_NONE : packet->netns_source;
    value = ref_cache_find(refs->tasks, packet->pid_tgid);
    event->task = value ? value->index : NST_NONE;
}

static const struct ev_skb *skb_of(const struct ev_record *record)
{
    return record->packet.has_skb ? (const struct ev_skb *)(record + 1) : NULL;
}

static const uint8_t *after_skb(const struct ev_record *record)
{
    const struct ev_skb *skb = skb_of(record);

    return skb ? (const uint8_t *)(skb + 1) : (const uint8_t *)(record + 1);
}

static bool has_stack_within(const struct ev_record *record)
{
    return record->packet.stack & EV_STACK_WITHIN;
}

static const uint8_t *bytes_of(const struct ev_record *record)
{
    if (!record->packet.caplen)
        return NULL;
    return after_skb(record) + (has_stack_within(record) ? EV_STACK_BYTES : 0);
}

static uint32_t take_stack(const struct recorder *r, const struct ev_record *record)
{
    const struct ev_packet *packet = &record->packet;
    const struct probe *probe = &r->options.probes->list[packet->probe];
    uint64_t addresses[EV_STACK_FRAMES];

    if (!packet->stack || !r->options.stacks)
        return NST_NONE;
    if (!has_stack_within(record))
        return stacks_find(r->options.stacks, r->writer, packet->stack - 1, probe);
    memcpy(addresses, after_skb(record), sizeof(addresses));
    return stacks_name(r->options.stacks, r->writer, addresses, probe);
}

static void take_state(const struct ev_skb *from, struct nst_skb *state, struct nst_event *event)
{
    *state = (struct nst_skb){
        .len = from->len,
        .data_len = from->data_len,
        .mark = from->mark,
        .hash = from->hash,
        .priority = from->priority,
        .csum = from->csum,
        .users = from->users,
        .dataref = from->dataref,
        .gso_type = from->gso_type,
        .gso_size = from->gso_size,
        .gso_segs = from->gso_segs,
        .protocol = from->protocol,
        .ip_summed = from->ip_summed,
        .csum_level = from->csum_level,
        .shared_flags = from->shared_flags,
        .frags = from->frags,
        .fclone = from->fclone,
        .flags = from->flags,
    };
    event->state = state;
}

static int take_packet(struct recorder *r, const struct cpu_refs *refs,
                       const struct ev_record *record, bool late)
{
    const struct ev_packet *packet = &record->packet;
    struct nst_event event = {
        .ts_ns = packet->ts_ns,
        .skb = packet->skb,
        .journey_id = packet->journey_id,
        .journey_head = packet->journey_head,
        .probe = r->probes[packet->probe],
        .drop_reason = NST_NONE,
        .stack = take_stack(r, record),
        .cpu = record->head.cpu,
        .rx_ifindex = packet->rx_ifindex,
        .len_bytes = packet->len,
        .caplen_bytes = packet->caplen,
        .vlan_proto = packet->vlan_proto,
        .vlan_tci = packet->vlan_tci,
        .flags = packet->flags | (late ? NST_EVENT_LATE : 0),
        .packet = bytes_of(record),
    };
    struct nst_skb state;
    int error;

    resolve(refs, packet, &event);
    if (packet->journey_id)
        event.journey_ts_ns =
            ev_journey_ts_ns(r->options.base_ts_ns, r->options.cpu_bits, packet->journey_id);
    if (packet->has_skb)
        take_state(skb_of(record), &state, &event);
    if (packet->probe == EV_PROBE_KFREE)
        event.drop_reason = reason_index(r, packet->drop_reason);
    /* Counted before: the writer may lose it at once. */
    counters_event(r->counters, record->head.cpu, packet->probe,
                   (packet->flags & EV_FLAG_GUESS) != 0);
    error = nst_writer_event(r->writer, &event, &r->error);
    if (error)
        return error;
    first_seen_event(r->first_seen, event.netns, event.ts_ns);
    return ++r->events == r->options.limit;
}

/* length: of more than the record itself. */
static bool has_room(const struct ev_record *record, uint32_t length)
{
    uint32_t before = (record->packet.has_skb ? sizeof(struct ev_skb) : 0) +
                      (has_stack_within(record) ? EV_STACK_BYTES : 0);

    return length >= before && length - before >= record->packet.caplen;
}

static bool is_whole(const struct recorder *r, const struct ev_head *head, uint32_t length)
{
    const struct ev_record *record = (const void *)head;

    switch (head->type) {
    case EV_PACKET:
        return length >= sizeof(*record) && has_room(record, length - sizeof(*record)) &&
               record->packet.probe < r->options.probes->count &&
               r->probes[record->packet.probe] != NST_NONE;
    case EV_DEVICE:
        return length >= sizeof(struct ev_device);
    case EV_NETNS:
        return length >= sizeof(struct ev_netns);
    case EV_TASK:
        return length >= sizeof(struct ev_task);
    }
    return false;
}

int recorder_take(void *context, const void *record, uint32_t length, bool late)
{
    struct recorder *r = context;
    const struct ev_head *head = record;
    struct cpu_refs *refs;

    if (length < sizeof(*head) || !is_whole(r, head, length) || head->cpu >= r->options.cpus)
        return not_ours(r);
    refs = refs_of(r, head->cpu);
    if (!refs)
        return no_memory(r);
    switch (head->type) {
    case EV_DEVICE:
        return define_device(r, refs, record);
    case EV_NETNS:
        return define_netns(r, refs, record);
    case EV_TASK:
        return define_task(r, refs, record);
    default:
        return take_packet(r, refs, record, late);
    }
}
