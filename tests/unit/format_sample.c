/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "tests/unit/format_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t random_below(struct random *r, uint32_t limit)
{
    return (uint32_t)((random_next(r) >> 32) * limit >> 32);
}

static void *must(void *p)
{
    if (!p) {
        perror("malloc");
        exit(99);
    }
    return p;
}

static char *name_of(const char *prefix, uint32_t i)
{
    char text[NST_MAX_NAME + 1];

    snprintf(text, sizeof(text), "%s%u", prefix, i);
    return must(strdup(text));
}

static uint8_t *random_bytes(struct random *r, uint32_t len)
{
    uint8_t *p = must(malloc(len ? len : 1));
    uint32_t i;

    for (i = 0; i < len; i++)
        p[i] = (uint8_t)random_next(r);
    return p;
}

static void make_dicts(struct sample_dicts *d, struct random *r, uint32_t entries)
{
    uint32_t i;

    d->netns_count = d->devices_count = d->tasks_count = d->probes_count = d->reasons_count =
        d->frames_count = entries;
    d->netns = must(calloc(entries, sizeof(*d->netns)));
    d->devices = must(calloc(entries, sizeof(*d->devices)));
    d->tasks = must(calloc(entries, sizeof(*d->tasks)));
    d->probes = must(calloc(entries, sizeof(*d->probes)));
    d->reasons = must(calloc(entries, sizeof(*d->reasons)));
    d->frames = must(calloc(entries, sizeof(*d->frames)));
    for (i = 0; i < entries; i++) {
        d->netns[i].inum = 4026531840u + i;
        d->netns[i].cookie = i % 5 ? random_next(r) : 0;
        d->devices[i].netns = i % 7 ? random_below(r, entries) : NST_NONE;
        d->devices[i].ifindex = i;
        d->devices[i].name = name_of("veth", i);
        d->tasks[i].pid = (uint32_t)random_next(r);
        d->tasks[i].tgid = i % 2 ? d->tasks[i].pid : (uint32_t)random_next(r);
        d->tasks[i].comm = name_of("", i);
        d->probes[i].kind = 1 + i % 5;
        d->probes[i].symbol = name_of("net:probe_", i);
        d->reasons[i].number = i << 16 | i;
        d->reasons[i].subsys = i % 3 ? NULL : name_of("subsys", i);
        d->reasons[i].name = i % 4 ? name_of("REASON_", i) : NULL;
        d->frames[i].caller = i % 20 ? i - 1 - random_below(r, i % 20) : NST_NONE;
        d->frames[i].name = name_of("function+0x", i % 11);
    }
}

/* An index of a dictionary, or at times none. */
static uint32_t some(struct random *r, uint32_t count)
{
    return random_below(r, 10) ? random_below(r, count) : NST_NONE;
}

static void place(struct nst_event *ev, struct random *r, uint32_t entries)
{
    ev->netns = some(r, entries);
    ev->netns_source = ev->netns == NST_NONE ? NST_NETNS_NONE : 1 + random_below(r, 3);
    ev->device = some(r, entries);
    ev->probe = random_below(r, entries);
    ev->drop_reason = random_below(r, 8) ? NST_NONE : random_below(r, entries);
    ev->stack = random_below(r, 3) ? NST_NONE : random_below(r, entries);
    ev->rx_ifindex = random_below(r, 4);
}

/* Numbers of any size, and the ends of what there is room for. */
static uint32_t any_number(struct random *r)
{
    static const uint32_t ends[] = {0, 1, UINT8_MAX, UINT16_MAX, UINT16_MAX + 1, UINT32_MAX};
    uint32_t which = random_below(r, 8);

    return which < 6 ? ends[which] : (uint32_t)random_next(r);
}

static struct nst_skb *make_state(struct random *r)
{
    struct nst_skb *s = must(malloc(sizeof(*s)));

    *s = (struct nst_skb){
        .len = any_number(r),
        .data_len = any_number(r),
        .mark = any_number(r),
        .hash = any_number(r),
        .priority = any_number(r),
        .csum = any_number(r),
        .users = any_number(r),
        .dataref = any_number(r),
        .gso_type = any_number(r),
        .gso_size = (uint16_t)any_number(r),
        .gso_segs = (uint16_t)any_number(r),
        .protocol = (uint16_t)any_number(r),
        .ip_summed = (uint8_t)any_number(r),
        .csum_level = (uint8_t)any_number(r),
        .shared_flags = (uint8_t)any_number(r),
        .frags = (uint8_t)any_number(r),
        .fclone = (uint8_t)any_number(r),
        .flags = (uint8_t)any_number(r),
    };
    return s;
}

void sample_states(struct sample *s, uint64_t seed)
{
    struct random r = {seed};
    uint32_t i, from = s->count / 3;

    for (i = from; i < s->count; i++) {
        struct nst_skb *state, *before = (struct nst_skb *)(i ? s->events[i - 1].state : NULL);

        if (!random_below(&r, 5))
            continue;
        state = make_state(&r);
        if (before && random_below(&r, 3)) {
            *state = *before;
            state->users = any_number(&r);
        }
        s->events[i].state = state;
    }
}

/* The packet of the event before, a hop further. */
static void next_hop(struct nst_event *ev, struct random *r, uint32_t snaplen,
                     const struct nst_event *before)
{
    const uint8_t *old = before->packet;
    uint32_t old_caplen = before->caplen_bytes, i;
    bool was_l3 = before->flags & NST_EVENT_L3;
    uint8_t *packet;

    ev->flags = random_below(r, 4) ? before->flags & NST_EVENT_L3 : ev->flags ^ NST_EVENT_L3;
    if (was_l3 != (bool)(ev->flags & NST_EVENT_L3))
        ev->len_bytes = was_l3 ? before->len_bytes + 14 : before->len_bytes - 14;
    if (!random_below(r, 10))
        ev->len_bytes += 4;
    if (!random_below(r, 10))
        ev->skb += 232;
    if (!random_below(r, 6))
        ev->cpu = random_below(r, 4);
    ev->caplen_bytes = ev->len_bytes < snaplen ? ev->len_bytes : snaplen;
    if (!random_below(r, 20) && ev->caplen_bytes) {
        ev->caplen_bytes = random_below(r, ev->caplen_bytes);
        ev->flags |= NST_EVENT_CUT;
    }
    packet = random_bytes(r, ev->caplen_bytes);
    for (i = 0; i < ev->caplen_bytes; i++) {
        long from = (long)i + (ev->flags & NST_EVENT_L3 ? 14 : 0) - (was_l3 ? 14 : 0);

        if (from >= 0 && from < (long)old_caplen && random_below(r, 40))
            packet[i] = old[from];
    }
    if (random_below(r, 2) && ev->caplen_bytes == old_caplen &&
        was_l3 == (bool)(ev->flags & NST_EVENT_L3))
        memcpy(packet, old, old_caplen);
    ev->packet = packet;
}

static void first_hop(struct nst_event *ev, struct random *r, uint32_t snaplen, uint64_t id)
{
    bool tracked = random_below(r, 12) != 0;

    ev->skb = 0xffff888100000000u + random_below(r, 200) * 256u;
    ev->journey_id = tracked ? id : 0;
    ev->journey_ts_ns = tracked ? ev->ts_ns - random_below(r, 2) * 12345 : 0;
    ev->journey_head = tracked ? 0xffff888200000000u + random_below(r, 99) * 1024u : 0;
    ev->len_bytes = 14 + random_below(r, 1500);
    ev->flags = random_below(r, 3) ? 0 : NST_EVENT_L3;
    ev->caplen_bytes = ev->len_bytes < snaplen ? ev->len_bytes : snaplen;
    ev->packet = random_bytes(r, ev->caplen_bytes);
}

void sample_journeys(struct sample *s, uint64_t seed, uint32_t count, uint32_t snaplen)
{
    enum { UNDER_WAY = 40, ENTRIES = 30 };
    struct random r = {seed};
    struct nst_event under_way[UNDER_WAY] = {{0}}, *ev;
    uint64_t ts = 7322461001553u, ids[4] = {1, 1ull << 48, 2ull << 48, 3ull << 48};
    uint32_t i, at;

    *s = (struct sample){.events = must(calloc(count, sizeof(*s->events))), .count = count};
    make_dicts(&s->dicts, &r, ENTRIES);
    for (i = 0; i < count; i++) {
        ev = &s->events[i];
        at = random_below(&r, UNDER_WAY);
        *ev = under_way[at];
        ts += random_below(&r, 3000);
        ev->ts_ns = ts;
        if (!random_below(&r, 50)) {
            ev->ts_ns -= 100000;
            ev->flags |= NST_EVENT_LATE;
        }
        if (!ev->ts_ns || !under_way[at].ts_ns || !random_below(&r, 5)) {
            *ev = (struct nst_event){.ts_ns = ev->ts_ns, .cpu = random_below(&r, 4)};
            first_hop(ev, &r, snaplen, ids[ev->cpu]++);
            if (seed % 2 == 0 && ev->journey_id)
                ev->journey_id = (ev->journey_ts_ns - 7000000000000u) << 2 | ev->cpu;
        } else {
            next_hop(ev, &r, snaplen, &under_way[at]);
        }
        place(ev, &r, ENTRIES);
        ev->task = some(&r, ENTRIES);
        ev->vlan_proto = random_below(&r, 9) ? 0 : 0x8100;
        ev->vlan_tci = ev->vlan_proto ? (uint16_t)random_below(&r, 65536) : 0;
        under_way[at] = *ev;
    }
}

void sample_same(struct sample *s, uint32_t count, uint32_t caplen)
{
    struct random r = {1};
    uint8_t *packet = random_bytes(&r, caplen);
    uint32_t i;

    *s = (struct sample){.events = must(calloc(count, sizeof(*s->events))), .count = count};
    make_dicts(&s->dicts, &r, 1);
    for (i = 0; i < count; i++) {
        struct nst_event *ev = &s->events[i];

        *ev = (struct nst_event){.ts_ns = i,
                                 .journey_id = 1,
                                 .drop_reason = NST_NONE,
                                 .stack = NST_NONE,
                                 .len_bytes = caplen,
                                 .caplen_bytes = caplen};
        ev->packet = must(malloc(caplen + 1));
        memcpy((uint8_t *)ev->packet, packet, caplen);
    }
    free(packet);
}

void sample_chaos(struct sample *s, uint64_t seed, uint32_t count, uint32_t entries,
                  uint32_t snaplen)
{
    struct random r = {seed};
    uint32_t i;

    *s = (struct sample){.events = must(calloc(count, sizeof(*s->events))), .count = count};
    make_dicts(&s->dicts, &r, entries);
    for (i = 0; i < count; i++) {
        struct nst_event *ev = &s->events[i];

        place(ev, &r, entries);
        ev->ts_ns = random_next(&r);
        ev->skb = random_next(&r);
        ev->journey_id = random_next(&r) | 1;
        ev->journey_ts_ns = random_next(&r);
        ev->journey_head = random_next(&r);
        ev->task = some(&r, entries);
        ev->netns = i % entries;
        ev->cpu = (uint32_t)random_next(&r);
        ev->rx_ifindex = (uint32_t)random_next(&r);
        ev->len_bytes = (uint32_t)random_next(&r) | 0xffff;
        ev->caplen_bytes = snaplen ? random_below(&r, snaplen + 1) : 0;
        ev->vlan_proto = (uint16_t)random_next(&r);
        ev->vlan_tci = (uint16_t)random_next(&r);
        ev->netns_source = (uint8_t)random_next(&r);
        ev->flags = (uint8_t)random_next(&r);
        ev->packet = random_bytes(&r, ev->caplen_bytes);
    }
}

void sample_free(struct sample *s)
{
    struct sample_dicts *d = &s->dicts;
    uint32_t i;

    for (i = 0; i < d->netns_count; i++) {
        free((char *)d->devices[i].name);
        free((char *)d->tasks[i].comm);
        free((char *)d->probes[i].symbol);
        free((char *)d->reasons[i].subsys);
        free((char *)d->reasons[i].name);
        free((char *)d->frames[i].name);
    }
    free(d->netns);
    free(d->devices);
    free(d->tasks);
    free(d->probes);
    free(d->reasons);
    free(d->frames);
    for (i = 0; i < s->count; i++) {
        free((uint8_t *)s->events[i].packet);
        free((struct nst_skb *)s->events[i].state);
    }
    free(s->events);
}

static uint32_t write_netns(const struct sample_dicts *d, struct nst_writer *w, uint32_t i)
{
    return i == NST_NONE ? NST_NONE : nst_writer_netns(w, &d->netns[i]);
}

static uint32_t write_device(const struct sample_dicts *d, struct nst_writer *w, uint32_t i)
{
    struct nst_device device;

    if (i == NST_NONE)
        return NST_NONE;
    device = d->devices[i];
    device.netns = write_netns(d, w, device.netns);
    return nst_writer_device(w, &device);
}

/* Callers before callees: as deep as the dictionary at most. */
static uint32_t write_frame(const struct sample_dicts *d, struct nst_writer *w, uint32_t i)
{
    struct nst_frame frame;

    if (i == NST_NONE)
        return NST_NONE;
    frame = d->frames[i];
    frame.caller = write_frame(d, w, frame.caller);
    return nst_writer_frame(w, &frame);
}

bool sample_write(const struct sample *s, struct nst_writer *w)
{
    const struct sample_dicts *d = &s->dicts;
    uint32_t i;

    for (i = 0; i < s->count; i++) {
        struct nst_event ev = s->events[i];

        ev.netns = write_netns(d, w, ev.netns);
        ev.device = write_device(d, w, ev.device);
        ev.task = ev.task == NST_NONE ? NST_NONE : nst_writer_task(w, &d->tasks[ev.task]);
        ev.probe = nst_writer_probe(w, &d->probes[ev.probe]);
        if (ev.drop_reason != NST_NONE)
            ev.drop_reason = nst_writer_drop_reason(w, &d->reasons[ev.drop_reason]);
        ev.stack = write_frame(d, w, ev.stack);
        if (nst_writer_event(w, &ev, NULL) < 0)
            return false;
    }
    return true;
}

static bool same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_netns(const struct nst_netns *a, uint32_t i, const struct nst_netns *b, uint32_t j)
{
    if (i == NST_NONE || j == NST_NONE)
        return i == j;
    return a[i].cookie == b[j].cookie && a[i].inum == b[j].inum;
}

static bool same_device(const struct sample_dicts *d, uint32_t i, const struct nst_block *b,
                        uint32_t j)
{
    if (i == NST_NONE || j == NST_NONE)
        return i == j;
    return d->devices[i].ifindex == b->devices[j].ifindex &&
           same_name(d->devices[i].name, b->devices[j].name) &&
           same_netns(d->netns, d->devices[i].netns, b->netns, b->devices[j].netns);
}

static bool same_task(const struct sample_dicts *d, uint32_t i, const struct nst_block *b,
                      uint32_t j)
{
    if (i == NST_NONE || j == NST_NONE)
        return i == j;
    return d->tasks[i].pid == b->tasks[j].pid && d->tasks[i].tgid == b->tasks[j].tgid &&
           same_name(d->tasks[i].comm, b->tasks[j].comm);
}

static bool same_reason(const struct sample_dicts *d, uint32_t i, const struct nst_block *b,
                        uint32_t j)
{
    if (i == NST_NONE || j == NST_NONE)
        return i == j;
    return d->reasons[i].number == b->drop_reasons[j].number &&
           same_name(d->reasons[i].subsys, b->drop_reasons[j].subsys) &&
           same_name(d->reasons[i].name, b->drop_reasons[j].name);
}

static bool same_stack(const struct sample_dicts *d, uint32_t i, const struct nst_block *b,
                       uint32_t j)
{
    while (i != NST_NONE && j != NST_NONE) {
        if (!same_name(d->frames[i].name, b->frames[j].name))
            return false;
        i = d->frames[i].caller;
        j = b->frames[j].caller;
    }
    return i == j;
}

static bool same_state(const struct nst_skb *a, const struct nst_skb *b)
{
    if (!a || !b)
        return a == b;
    return a->len == b->len && a->data_len == b->data_len && a->mark == b->mark &&
           a->hash == b->hash && a->priority == b->priority && a->csum == b->csum &&
           a->users == b->users && a->dataref == b->dataref && a->gso_type == b->gso_type &&
           a->gso_size == b->gso_size && a->gso_segs == b->gso_segs && a->protocol == b->protocol &&
           a->ip_summed == b->ip_summed && a->csum_level == b->csum_level &&
           a->shared_flags == b->shared_flags && a->frags == b->frags && a->fclone == b->fclone &&
           a->flags == b->flags;
}

bool sample_same_event(const struct sample *s, uint32_t i, const struct nst_block *block,
                       const struct nst_event *b, bool packets)
{
    const struct sample_dicts *d = &s->dicts;
    const struct nst_event *a = &s->events[i];

    return a->ts_ns == b->ts_ns && a->skb == b->skb && a->journey_id == b->journey_id &&
           a->journey_ts_ns == b->journey_ts_ns && a->journey_head == b->journey_head &&
           a->cpu == b->cpu && a->rx_ifindex == b->rx_ifindex && a->len_bytes == b->len_bytes &&
           a->caplen_bytes == b->caplen_bytes && a->vlan_proto == b->vlan_proto &&
           a->vlan_tci == b->vlan_tci && a->netns_source == b->netns_source &&
           a->flags == b->flags && same_netns(d->netns, a->netns, block->netns, b->netns) &&
           same_device(d, a->device, block, b->device) && same_task(d, a->task, block, b->task) &&
           d->probes[a->probe].kind == block->probes[b->probe].kind &&
           same_name(d->probes[a->probe].symbol, block->probes[b->probe].symbol) &&
           same_reason(d, a->drop_reason, block, b->drop_reason) &&
           same_stack(d, a->stack, block, b->stack) && same_state(a->state, b->state) &&
           (packets && a->caplen_bytes
                ? b->packet && memcmp(a->packet, b->packet, a->caplen_bytes) == 0
                : !b->packet);
}

long sample_compare(const struct sample *s, struct nst_reader *r, unsigned load)
{
    const struct nst_block *block;
    struct nst_error err = {{0}};
    uint32_t seen = 0, i;
    int ret;

    while ((ret = nst_reader_next(r, &block, &err)) == 1) {
        if (block->info.type != NST_BLOCK_EVENTS)
            continue;
        if (nst_reader_load(r, load, &err) < 0) {
            printf("# %s\n", err.text);
            return -1;
        }
        for (i = 0; i < block->info.events; i++, seen++) {
            if (seen >= s->count ||
                !sample_same_event(s, seen, block, &block->events[i], load & NST_LOAD_PACKETS)) {
                printf("# event %u differs\n", seen);
                return -1;
            }
        }
    }
    if (ret < 0)
        printf("# %s\n", err.text);
    return ret < 0 ? -1 : (long)seen;
}
