/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A host with 19 namespaces around a first one that routes between them. Each CPU sends bursts
 * of packets of one flow and works through its backlog: a packet is received, forwarded and
 * queued again, until it has arrived. Buffers come from free lists, last in first out, as the
 * kernel's slabs hand them out, so that few addresses serve many packets.
 */
#include "config.h"

#include "tests/bench/mix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CPUS = 4,
    CPU_BITS = 2,
    FLOWS = 4000,
    LEAVES = MIX_NETNS - 1,
    BACKLOG = 256,
    POOL = 512, /* objects of a kind that a CPU has at hand */
    LONGEST_PATH = 8,
    L2 = 14,
};

enum probe { RECEIVE, XMIT, KFREE };

struct random {
    uint64_t state;
};

/* splitmix64 */
static uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(struct random *r, uint32_t limit)
{
    return (uint32_t)((random_next(r) >> 32) * limit >> 32);
}

static double unit(struct random *r)
{
    return ((double)(random_next(r) >> 11) + 1) / 9007199254740993.0;
}

/* Where a packet is seen next. */
struct step {
    uint8_t probe;
    uint8_t device;
    bool routed; /* it was routed to get there: other MAC addresses, a lower TTL */
};

struct flow {
    uint8_t from, to; /* namespaces; 0: the outside world, by the host's own device */
    uint8_t protocol;
    bool random_payload;
    uint16_t ports[2];
    uint32_t addresses[2];
    uint32_t seq, ack, timestamp;
    uint16_t ip_id;
    uint8_t task;
    struct step path[LONGEST_PATH];
    int steps;
};

struct pool {
    uint64_t free[POOL];
    int count;
};

struct packet {
    uint8_t bytes[MIX_SNAPLEN];
    uint32_t len, caplen;
    uint64_t skb, head;
    uint64_t id, ts_ns; /* its journey's */
    const struct flow *flow;
    int step;
    bool dropped;
};

struct cpu {
    uint64_t now_ns;
    struct pool skbs, heads;
    struct packet backlog[BACKLOG];
    unsigned first, queued;
    uint8_t task;
};

struct host {
    struct mix *mix;
    size_t wanted;
    struct random random;
    struct flow flows[FLOWS];
    double zipf[FLOWS]; /* running sums */
    struct cpu cpus[CPUS];
};

static const char *const comms[] = {"nginx",   "curl",        "postgres",  "envoy",
                                    "haproxy", "ksoftirqd/1", "swapper/0", "iperf3"};
static const char *const reasons[MIX_REASONS] = {
    "NO_SOCKET",   "TCP_INVALID_SEQUENCE", "NETFILTER_DROP", "SOCKET_RCVBUFF",
    "IP_RPFILTER", "NEIGH_FAILED",         "QDISC_DROP",     "UNICAST_IPV4_IN_L2_MULTICAST"};

/* Leaf n has device 3n - 2 inside; 3n - 1 is its peer in namespace 0, 3n its bridge there. Device
 * 0 is the host's own, 58 and 59 are never used. */
static uint8_t inner(int leaf)
{
    return (uint8_t)(3 * leaf - 2);
}

static void name_things(struct mix *m)
{
    static const char *const symbols[MIX_PROBES] = {"net:netif_receive_skb",
                                                    "net:net_dev_start_xmit", "skb:kfree_skb"};
    uint32_t i;

    for (i = 0; i < MIX_NETNS; i++)
        m->netns[i] = (struct nst_netns){.cookie = 0x1000 + i, .inum = 4026531840u + 100 * i};
    for (i = 0; i < MIX_DEVICES; i++) {
        bool within = i % 3 == 1 && i / 3 + 1 <= LEAVES;

        snprintf(m->names[i], sizeof(m->names[i]), within ? "eth%.0u0" : "veth%08x",
                 within ? 0 : i * 0x9e3779b1u);
        m->devices[i] = (struct nst_device){
            .netns = within ? i / 3 + 1 : 0, .ifindex = within ? 2 : i + 2, .name = m->names[i]};
    }
    for (i = 0; i < MIX_TASKS; i++) {
        char *name = m->names[MIX_DEVICES + i];

        snprintf(name, sizeof(m->names[0]), "%s", comms[i % 8]);
        m->tasks[i] = (struct nst_task){.pid = 1000 + 17 * i, .tgid = 1000 + 17 * i, .comm = name};
    }
    for (i = 0; i < MIX_PROBES; i++)
        m->probes[i] = (struct nst_probe){NST_PROBE_RAW_TRACEPOINT, symbols[i]};
    for (i = 0; i < MIX_REASONS; i++)
        m->reasons[i] = (struct nst_drop_reason){.number = i + 3, .name = reasons[i]};
}

static void add_step(struct flow *f, enum probe probe, int device, bool routed)
{
    f->path[f->steps++] = (struct step){(uint8_t)probe, (uint8_t)device, routed};
}

/* Namespaces of even numbers hang on a bridge, where a packet is received once more. */
static void find_path(struct flow *f)
{
    if (f->from) {
        add_step(f, XMIT, inner(f->from), false);
        add_step(f, RECEIVE, inner(f->from) + 1, false);
        if (f->from % 2 == 0)
            add_step(f, RECEIVE, inner(f->from) + 2, false);
    } else {
        add_step(f, RECEIVE, 0, false);
    }
    if (f->to) {
        if (f->to % 2 == 0)
            add_step(f, XMIT, inner(f->to) + 2, true);
        add_step(f, XMIT, inner(f->to) + 1, f->to % 2 != 0);
        add_step(f, RECEIVE, inner(f->to), false);
    } else {
        add_step(f, XMIT, 0, true);
    }
}

static void make_flows(struct host *h)
{
    double sum = 0;
    int i;

    for (i = 0; i < FLOWS; i++) {
        struct flow *f = &h->flows[i];

        f->from = below(&h->random, 6) ? (uint8_t)(1 + below(&h->random, LEAVES)) : 0;
        do {
            f->to = f->from && !below(&h->random, 6) ? 0 : (uint8_t)(1 + below(&h->random, LEAVES));
        } while (f->to == f->from);
        f->protocol = below(&h->random, 10) < 7 ? 6 : 17;
        f->random_payload = below(&h->random, 10) < 6;
        f->ports[0] = (uint16_t)(32768 + below(&h->random, 28000));
        f->ports[1] = below(&h->random, 2) ? 443 : (uint16_t)(1 + below(&h->random, 10000));
        f->addresses[0] = 0x0a000000u + (f->from << 8) + 2;
        f->addresses[1] =
            f->to ? 0x0a000000u + (f->to << 8) + 2 : (uint32_t)random_next(&h->random);
        f->seq = (uint32_t)random_next(&h->random);
        f->ack = (uint32_t)random_next(&h->random);
        f->timestamp = (uint32_t)random_next(&h->random);
        f->ip_id = (uint16_t)random_next(&h->random);
        f->task = (uint8_t)below(&h->random, MIX_TASKS);
        find_path(f);
        sum += 1.0 / (i + 1);
        h->zipf[i] = sum;
    }
}

static struct flow *pick_flow(struct host *h)
{
    double wanted = unit(&h->random) * h->zipf[FLOWS - 1];
    int low = 0, high = FLOWS - 1, middle;

    while (low < high) {
        middle = (low + high) / 2;
        if (h->zipf[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return &h->flows[low];
}

/* Objects of slabs that lie anywhere in memory. */
static void fill_pool(struct pool *p, struct random *r, uint32_t size, int per_slab)
{
    uint64_t slab = 0;

    while (p->count < POOL) {
        if (p->count % per_slab == 0)
            slab = 0xffff888000000000u + ((uint64_t)below(r, 1 << 22) << 12);
        p->free[p->count] = slab + (uint64_t)(p->count % per_slab) * size;
        p->count++;
    }
}

/* A packet often ends on another CPU than it began: lists then run short or over. */
static uint64_t take(struct pool *p, struct random *r)
{
    if (!p->count)
        return 0xffff888000000000u + ((uint64_t)below(r, 1 << 22) << 12);
    return p->free[--p->count];
}

static void give_back(struct pool *p, uint64_t object)
{
    if (p->count < POOL)
        p->free[p->count++] = object;
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static void checksum_ip(uint8_t *ip)
{
    uint32_t sum = 0;
    int i;

    put16(ip + 10, 0);
    for (i = 0; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    put16(ip + 10, ~sum);
}

static void put_mac(uint8_t *p, int device, int end)
{
    uint32_t v = (uint32_t)(device * 2 + end + 1) * 0x9e3779b1u;

    put16(p, 0x0242);
    put32(p + 2, v);
}

/* Answers the length of the header. */
static size_t put_tcp(uint8_t *p, struct flow *f, uint32_t payload, struct random *r)
{
    put16(p, f->ports[0]);
    put16(p + 2, f->ports[1]);
    put32(p + 4, f->seq);
    put32(p + 8, f->ack);
    put16(p + 12, 0x8010 | (payload ? 8 : 0));
    put16(p + 14, 501);
    put16(p + 16, (uint32_t)random_next(r));
    put16(p + 18, 0);
    put32(p + 20, 0x0101080a);
    put32(p + 24, f->timestamp);
    put32(p + 28, f->timestamp - 3);
    f->seq += payload;
    f->ack += payload ? 0 : 1448;
    f->timestamp += below(r, 2);
    return 32;
}

static size_t put_udp(uint8_t *p, const struct flow *f, uint32_t payload, struct random *r)
{
    put16(p, f->ports[0]);
    put16(p + 2, f->ports[1]);
    put16(p + 4, 8 + payload);
    put16(p + 6, (uint32_t)random_next(r));
    return 8;
}

static void put_payload(uint8_t *p, size_t len, bool random_bytes, struct random *r)
{
    static const char text[] = "GET /api/v1/items?page=00000 HTTP/1.1\r\nHost: shop.example\r\n"
                               "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
    char number[8];
    size_t i;

    if (random_bytes) {
        for (i = 0; i < len; i++)
            p[i] = (uint8_t)random_next(r);
        return;
    }
    for (i = 0; i < len; i++)
        p[i] = (uint8_t)text[i % (sizeof(text) - 1)];
    snprintf(number, sizeof(number), "%05u", below(r, 100000));
    if (len > 29)
        memcpy(p + 24, number, 5);
}

static uint32_t payload_size(const struct flow *f, struct random *r)
{
    uint32_t kind = below(r, 10);

    if (f->protocol == 17)
        return kind < 5 ? 30 + below(r, 200) : 1400;
    if (kind < 4)
        return 0;
    return kind < 8 ? 1448 * (1 + below(r, 4)) : 1 + below(r, 1448);
}

static void make_packet(struct packet *p, struct flow *f, struct random *r)
{
    uint32_t payload = payload_size(f, r);
    uint8_t *ip = p->bytes + L2;
    size_t header;

    put_mac(p->bytes, f->path[0].device, 1);
    put_mac(p->bytes + 6, f->path[0].device, 0);
    put16(p->bytes + 12, 0x0800);
    header =
        20 + (f->protocol == 6 ? put_tcp(ip + 20, f, payload, r) : put_udp(ip + 20, f, payload, r));
    put16(ip, 0x4500);
    put16(ip + 2, (uint32_t)header + payload);
    put16(ip + 4, f->ip_id++);
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = f->protocol;
    put32(ip + 12, f->addresses[0]);
    put32(ip + 16, f->addresses[1]);
    checksum_ip(ip);
    p->len = L2 + (uint32_t)header + payload;
    p->caplen = p->len < MIX_SNAPLEN ? p->len : MIX_SNAPLEN;
    if (p->caplen > L2 + header)
        put_payload(ip + header, p->caplen - L2 - header, f->random_payload, r);
}

static void route(struct packet *p, int device)
{
    put_mac(p->bytes, device, 1);
    put_mac(p->bytes + 6, device, 0);
    p->bytes[L2 + 8]--;
    checksum_ip(p->bytes + L2);
}

static void see(struct host *h, unsigned cpu, struct packet *p, enum probe probe, int device)
{
    struct mix *m = h->mix;
    struct nst_event *ev = &m->events[m->count];
    struct cpu *c = &h->cpus[cpu];

    if (m->count == h->wanted)
        return;
    c->now_ns += 250 + below(&h->random, 900);
    if (!p->id) {
        p->ts_ns = c->now_ns;
        p->id = (p->ts_ns - 7000000000000u + 1) << CPU_BITS | cpu;
        m->journeys++;
    }
    memcpy(m->packets[m->count], p->bytes, p->caplen);
    *ev = (struct nst_event){
        .ts_ns = c->now_ns,
        .skb = p->skb,
        .journey_id = p->id,
        .journey_ts_ns = p->ts_ns,
        .journey_head = p->head,
        .netns = m->devices[device].netns,
        .device = (uint32_t)device,
        .task = c->task,
        .probe = probe,
        .drop_reason = probe == KFREE ? below(&h->random, MIX_REASONS) : NST_NONE,
        .stack = NST_NONE,
        .cpu = cpu,
        .rx_ifindex =
            probe == RECEIVE || p->step > 1 ? m->devices[p->flow->path[0].device].ifindex : 0,
        .len_bytes = p->len,
        .caplen_bytes = p->caplen,
        .netns_source = NST_NETNS_DEVICE,
        .packet = m->packets[m->count],
    };
    m->count++;
}

static void queue(struct cpu *c, const struct packet *p)
{
    c->backlog[(c->first + c->queued++) % BACKLOG] = *p;
}

/* The packet's next steps: all up to its being handed to a device. Answers whether it is
 * still under way. */
static bool advance(struct host *h, unsigned cpu, struct packet *p)
{
    const struct flow *f = p->flow;
    const struct step *s;

    do {
        if (p->step == f->steps)
            return false;
        s = &f->path[p->step++];
        if (s->routed)
            route(p, s->device);
        see(h, cpu, p, (enum probe)s->probe, s->device);
        if (p->step > 1 && !below(&h->random, 150)) {
            see(h, cpu, p, KFREE, s->device);
            return false;
        }
    } while (s->probe != XMIT || (p->step < f->steps && f->path[p->step].probe == XMIT));
    return p->step < f->steps;
}

static void work(struct host *h, unsigned cpu)
{
    struct cpu *c = &h->cpus[cpu];
    struct packet p = c->backlog[c->first++ % BACKLOG];

    c->queued--;
    if (advance(h, cpu, &p)) {
        /* Receive packet steering moves some to another CPU. */
        struct cpu *next = below(&h->random, 20) ? c : &h->cpus[below(&h->random, CPUS)];

        if (next->queued == BACKLOG)
            next = c;
        if (next->now_ns < c->now_ns)
            next->now_ns = next->queued ? next->now_ns : c->now_ns;
        queue(next->now_ns >= c->now_ns ? next : c, &p);
        return;
    }
    give_back(&c->skbs, p.skb);
    give_back(&c->heads, p.head);
}

static void send_burst(struct host *h, unsigned cpu)
{
    struct cpu *c = &h->cpus[cpu];
    struct flow *f = pick_flow(h);
    uint32_t count = 1 + below(&h->random, below(&h->random, 4) ? 3 : 24);

    c->now_ns += (uint64_t)(-log(unit(&h->random)) * 8000);
    c->task = below(&h->random, 5) ? f->task : (uint8_t)below(&h->random, MIX_TASKS);
    while (count-- && c->queued < BACKLOG) {
        struct packet p = {
            .flow = f, .skb = take(&c->skbs, &h->random), .head = take(&c->heads, &h->random)};

        make_packet(&p, f, &h->random);
        if (advance(h, cpu, &p))
            queue(c, &p);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct nst_event *x = a, *y = b;

    if (x->ts_ns != y->ts_ns)
        return x->ts_ns < y->ts_ns ? -1 : 1;
    return x->packet < y->packet ? -1 : 1;
}

static struct mix *mix_alloc(size_t events)
{
    struct mix *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->events = calloc(events, sizeof(*m->events));
    m->packets = calloc(events, sizeof(*m->packets));
    if (!m->events || !m->packets) {
        mix_free(m);
        return NULL;
    }
    name_things(m);
    return m;
}

struct mix *mix_new(size_t events)
{
    struct host *h = calloc(1, sizeof(*h));
    struct mix *m = mix_alloc(events);
    unsigned cpu, i;

    if (!h || !m) {
        free(h);
        mix_free(m);
        return NULL;
    }
    h->mix = m;
    h->wanted = events;
    h->random.state = 42;
    make_flows(h);
    for (i = 0; i < CPUS; i++) {
        h->cpus[i].now_ns = 7322460997041u;
        fill_pool(&h->cpus[i].skbs, &h->random, 256, 16);
        fill_pool(&h->cpus[i].heads, &h->random, 1024, 16);
    }
    while (m->count < events) {
        /* The CPU that is furthest behind goes on. */
        for (cpu = 0, i = 1; i < CPUS; i++) {
            if (h->cpus[i].now_ns < h->cpus[cpu].now_ns)
                cpu = i;
        }
        if (h->cpus[cpu].queued)
            work(h, cpu);
        else
            send_burst(h, cpu);
    }
    qsort(m->events, m->count, sizeof(*m->events), by_time);
    free(h);
    return m;
}

struct mix *mix_flood_new(size_t events, enum mix_flood payload)
{
    static const struct flow flow = {.protocol = 17, .ports = {40000, 9}};
    struct random r = {7};
    struct mix *m = mix_alloc(events);
    struct pool skbs = {.count = 0}, heads = {.count = 0};
    uint64_t now = 7322460997041u, id = 0, started = 0;
    uint8_t bytes[MIX_SNAPLEN] = {0}, *ip = bytes + L2;
    uint16_t ip_id = 0;
    size_t i;

    if (!m)
        return NULL;
    fill_pool(&skbs, &r, 256, 16);
    fill_pool(&heads, &r, 640, 12);
    put_mac(bytes, 1, 0);
    put_mac(bytes + 6, 1, 1);
    put16(bytes + 12, 0x0800);
    put16(ip, 0x4500);
    put16(ip + 2, 20 + 8 + 64);
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, 0x0a000001);
    put32(ip + 16, 0x0a000002);
    put_udp(ip + 20, &flow, 64, &r);
    memset(ip + 28, 'x', 64);
    for (i = 0; i < events; i++) {
        bool sent = i % 2 == 0;
        /* A receiver a few packets behind: buffers rotate. */
        uint64_t packet = i / 2 % 61;

        now += sent ? 700 + below(&r, 400) : 300 + below(&r, 150);
        if (sent) {
            put16(ip + 4, ip_id++);
            checksum_ip(ip);
            if (payload == MIX_RANDOM_PAYLOAD)
                put_payload(ip + 28, 64, true, &r);
            id = (now - 7000000000000u + 1) << CPU_BITS;
            started = now;
            m->journeys++;
        }
        memcpy(m->packets[i], bytes, L2 + 20 + 8 + 64);
        m->events[i] = (struct nst_event){
            .ts_ns = now,
            .skb = skbs.free[packet],
            .journey_id = id,
            .journey_ts_ns = started,
            .journey_head = heads.free[packet],
            .netns = sent ? 1 : 2,
            .device = sent ? 1 : 4,
            .task = 0,
            .probe = sent ? XMIT : RECEIVE,
            .drop_reason = NST_NONE,
            .stack = NST_NONE,
            .rx_ifindex = sent ? 0 : 2,
            .len_bytes = L2 + 20 + 8 + 64,
            .caplen_bytes = L2 + 20 + 8 + 64,
            .netns_source = NST_NETNS_DEVICE,
            .packet = m->packets[i],
        };
    }
    m->count = events;
    return m;
}

void mix_free(struct mix *m)
{
    if (!m)
        return;
    free(m->events);
    free(m->packets);
    free(m);
}

void mix_define(const struct mix *m, struct nst_writer *w, struct mix_indices *indices)
{
    for (uint32_t i = 0; i < MIX_NETNS; i++)
        indices->netns[i] = nst_writer_netns(w, &m->netns[i]);
    for (uint32_t i = 0; i < MIX_DEVICES; i++) {
        struct nst_device device = m->devices[i];

        device.netns = indices->netns[device.netns];
        indices->devices[i] = nst_writer_device(w, &device);
    }
    for (uint32_t i = 0; i < MIX_TASKS; i++)
        indices->tasks[i] = nst_writer_task(w, &m->tasks[i]);
    for (uint32_t i = 0; i < MIX_PROBES; i++)
        indices->probes[i] = nst_writer_probe(w, &m->probes[i]);
    for (uint32_t i = 0; i < MIX_REASONS; i++)
        indices->reasons[i] = nst_writer_drop_reason(w, &m->reasons[i]);
}

struct nst_event mix_event(const struct mix *m, size_t event, const struct mix_indices *indices)
{
    struct nst_event ev = m->events[event];

    ev.netns = indices->netns[ev.netns];
    ev.device = indices->devices[ev.device];
    ev.task = indices->tasks[ev.task];
    ev.probe = indices->probes[ev.probe];
    if (ev.drop_reason != NST_NONE)
        ev.drop_reason = indices->reasons[ev.drop_reason];
    return ev;
}

size_t mix_raw(const struct mix *m, size_t event, bool packets, uint8_t *out)
{
    const struct nst_event *ev = &m->events[event];
    const struct nst_task *task = &m->tasks[ev->task];
    uint32_t caplen = packets ? ev->caplen_bytes : 0;
    size_t padded = (caplen + 7u) / 8 * 8;
    /* Without the head's stamp, which is for the ring alone and would not compress. */
    struct ev_record record = {
        .head = {.bytes = (uint32_t)(sizeof(record) + padded),
                 .type = EV_PACKET,
                 .cpu = (uint16_t)ev->cpu},
        .packet =
            {
                .ts_ns = ev->ts_ns,
                .skb = ev->skb,
                .ref = 0xffff888100000000u + (uint64_t)ev->device * 0x1000,
                .pid_tgid = (uint64_t)task->tgid << 32 | task->pid,
                .journey_id = ev->journey_id,
                .journey_head = ev->journey_head,
                .drop_reason = ev->drop_reason == NST_NONE ? 0 : m->reasons[ev->drop_reason].number,
                .rx_ifindex = ev->rx_ifindex,
                .len = ev->len_bytes,
                .caplen = (uint16_t)caplen,
                .probe = (uint16_t)ev->probe,
                .ref_type = EV_DEVICE,
                .netns_source = ev->netns_source,
            },
    };

    memcpy(out, &record, sizeof(record));
    memcpy(out + sizeof(record), ev->packet, caplen);
    memset(out + sizeof(record) + caplen, 0, padded - caplen);
    return sizeof(record) + padded;
}
