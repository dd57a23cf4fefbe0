/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_captures DIR: captures for the tests of import and, as CSV, the rows that must come of
 * them, worked out here from the events themselves.
 *
 *   alpha.0.nst, alpha.1.nst, alpha.2.nst   one capture in three files, journeys across them
 *   alpha.0-cut.nst    the first of them as it was after some of its blocks
 *   beta.nst           of another host, with alpha's journey ids, no packets and no cookies
 *   gamma.nst          of a third, so slow that each journey is idle for long between its events
 *   events.csv, hops.csv, journeys.csv, skbs.csv
 *   set/               the same of a fourth, whose clock is set again and again: delta.0.nst...
 *
 * Texts and bytes in the CSV are hexadecimal; "-" is NULL.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/nstrail.h"

#define EVENTS 2100
#define FILES  3
/* So many events share so many journeys before the next ones begin. A file ends within a group. */
#define GROUP        35
#define GROUP_TRACKS 7
#define CUT_AT       300
#define BLOCK        100

struct packet_template {
    uint8_t layer;
    uint16_t vlan_proto, vlan_tci;
    bool cut;
    const char *decoded; /* ethertype,family,protocol,src,dst,sport,dport */
    uint32_t length;
    const uint8_t *bytes;
};

#define ARRAY(...) ((const uint8_t[]){__VA_ARGS__})
#define BYTES(...) .length = sizeof(ARRAY(__VA_ARGS__)), .bytes = ARRAY(__VA_ARGS__)

#define MACS 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2
#define IPV4_UDP                                                                                   \
    0x45, 0, 0, 32, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 9, 1, 1, 10, 9, 2, 2, 0x1b, 0x59, 0, 53, 0,   \
        12, 0, 0, 'a', 'b', 'c', 'd'

static const struct packet_template templates[] = {
    {.layer = 2, .decoded = "2048,4,17,10.9.1.1,10.9.2.2,7001,53", BYTES(MACS, 8, 0, IPV4_UDP)},
    {.layer = 3, .decoded = "2048,4,17,10.9.1.1,10.9.2.2,7001,53", BYTES(IPV4_UDP)},
    /* The same bytes with a tag beside them, and cut: other rows of packet. */
    {.layer = 2,
     .vlan_proto = 0x8100,
     .vlan_tci = 0x2064,
     .decoded = "2048,4,17,10.9.1.1,10.9.2.2,7001,53",
     BYTES(MACS, 8, 0, IPV4_UDP)},
    {.layer = 2,
     .vlan_proto = 0x8100,
     .vlan_tci = 0x64,
     .decoded = "2048,4,17,10.9.1.1,10.9.2.2,7001,53",
     BYTES(MACS, 8, 0, IPV4_UDP)},
    {.layer = 2,
     .cut = true,
     .decoded = "2048,4,17,10.9.1.1,10.9.2.2,7001,53",
     BYTES(MACS, 8, 0, IPV4_UDP)},
    {.layer = 3,
     .decoded = "34525,6,58,fe80::1,ff02::2,-,-",
     BYTES(0x60, 0, 0, 0, 0, 8, 58, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff,
           2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 133, 0, 0, 0, 0, 0, 0, 0)},
    /* TCP, cut before its ports. */
    {.layer = 3,
     .decoded = "2048,4,6,192.0.2.1,198.51.100.255,-,-",
     BYTES(0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 255)},
    {.layer = 2,
     .decoded = "2054,-,-,-,-,-,-",
     BYTES(MACS, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 9, 1, 1, 0, 0, 0, 0, 0, 0, 10,
           9, 1, 2)},
    {.layer = 2, .decoded = "-,-,-,-,-,-,-", BYTES(0xff)},
    {.layer = 2, .decoded = "-,-,-,-,-,-,-"},
    {.layer = 3, .vlan_proto = 0x88a8, .vlan_tci = 0, .decoded = "-,-,-,-,-,-,-"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct nst_netns cookies_netns[] = {
    {.cookie = 1, .inum = 4026531833u},
    {.cookie = 0x1005, .inum = 4026532177u},
    {.cookie = UINT64_MAX, .inum = UINT32_MAX},
    {.cookie = 0, .inum = 4026532177u}, /* no cookie, the inum of another that has one */
};
static const struct nst_netns plain_netns[] = {
    {.inum = 4026531833u},
    {.inum = 4026532177u},
    {.inum = 4026532178u},
    {.inum = 1},
};

static const struct {
    uint32_t ifindex;
    const char *name;
} devices[] = {
    {1, "lo"}, {2, "eth0"}, {2, "renamed"}, {7, "a'b\"c,\\d"}, {UINT32_MAX, "\x1b[31m\n"}};

static const struct nst_task tasks[] = {
    {.pid = 0, .tgid = 0, .comm = "swapper/0"},
    {.pid = 1234, .tgid = 1200, .comm = "curl"},
    {.pid = 1235, .tgid = 1200, .comm = "'; DROP TABLE"},
    {.pid = 4194304, .tgid = 4194304, .comm = "\xff\xfe\r\n\t"},
    {.pid = 5, .tgid = 5, .comm = ""},
};

static const struct nst_probe probes[] = {
    {.kind = NST_PROBE_RAW_TRACEPOINT, .symbol = "net:netif_receive_skb"},
    {.kind = NST_PROBE_RAW_TRACEPOINT, .symbol = "net:net_dev_start_xmit"},
    {.kind = NST_PROBE_KPROBE, .symbol = "ip_rcv"},
    {.kind = NST_PROBE_KRETPROBE, .symbol = "ip_rcv"},
    {.kind = NST_PROBE_FENTRY, .symbol = "ip_rcv"},
    {.kind = NST_PROBE_FEXIT, .symbol = "ip_rcv"},
    {.kind = 77, .symbol = "later"},
};
static const char *const probe_kinds[] = {"raw_tracepoint", "raw_tracepoint", "kprobe", "kretprobe",
                                          "fentry",         "fexit",          "kind 77"};

static const struct nst_drop_reason reasons[] = {
    {.number = 2, .subsys = NULL, .name = "NOT_SPECIFIED"},
    {.number = 3, .subsys = NULL, .name = "NO_SOCKET"},
    {.number = 0x30001, .subsys = "openvswitch", .name = "OVS_DROP_LAST_ACTION"},
    {.number = 0x40007, .subsys = NULL, .name = NULL},
};

struct capture {
    const char *host;
    unsigned files;
    const struct nst_netns *netns;
    bool packets, skbs;
    uint64_t mono_ns; /* of its first event */
    uint64_t step_ns; /* from each to the next */
    uint64_t seed;
    bool set; /* its clock, in the middle of journeys */
};

/* An event as it was made up: indices into the tables above, -1 for none. */
struct made {
    struct nst_event event; /* without the writer's indices */
    int64_t ts_ns;          /* since 1970 */
    unsigned file;
    int netns, device, task, probe, reason, template;
    struct nst_skb skb; /* if the capture has them */
};

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* One of count, or now and then none. */
static int pick(uint64_t *state, size_t count, bool may_be_none)
{
    if (may_be_none && next_random(state) % 8 == 0)
        return -1;
    return (int)(next_random(state) % count);
}

static void make_journey(struct nst_event *e, const struct capture *capture, unsigned n,
                         uint64_t *state)
{
    uint64_t number = n / GROUP * GROUP_TRACKS + n % GROUP_TRACKS;

    if (number % 11 == 3)
        return;
    /* Some beyond what a signed number holds. */
    e->journey_id = number % 13 == 5 ? UINT64_MAX - number : number + 1;
    e->journey_ts_ns = capture->mono_ns + (n / GROUP * GROUP + n % GROUP_TRACKS) * capture->step_ns;
    e->journey_head = 0xffff888000000000u + number * 0x1000;
    if (next_random(state) % 50 == 0)
        e->flags |= NST_EVENT_GUESS;
}

static void make_packet(struct made *m, const struct capture *capture, uint64_t *state)
{
    const struct packet_template *t;
    struct nst_event *e = &m->event;

    /* Seldom another one than the journey's usual: most events of a journey look alike. */
    m->template =
        (int)((next_random(state) % 4 ? e->journey_id : next_random(state)) % COUNT(templates));
    if (!capture->packets)
        m->template = (int)COUNT(templates) - 2 + m->template % 2;
    t = &templates[m->template];
    e->vlan_proto = t->vlan_proto;
    e->vlan_tci = t->vlan_tci;
    e->flags |= (t->layer == 3 ? NST_EVENT_L3 : 0) | (t->cut ? NST_EVENT_CUT : 0);
    e->caplen_bytes = t->length;
    e->len_bytes = t->length + (uint32_t)(next_random(state) % 3 ? 0 : next_random(state) % 70000);
    e->packet = t->length ? t->bytes : NULL;
}

static unsigned file_of(const struct capture *capture, unsigned n)
{
    return (n + GROUP / 2) * capture->files / (EVENTS + GROUP);
}

/* All captures happen at the same time; CLOCK_REALTIME minus CLOCK_MONOTONIC at an event. */
static int64_t offset_at(const struct capture *capture, unsigned n)
{
    static const int64_t steps[] = {0, 5000000, -3000000000};
    /* Some of them smaller than a journey is long. */
    static const int64_t sets[] = {0, 3600000000000, -20000, 10000, -7200000000000, -7200000010000};
    int64_t base = 1700000000000000000 - (int64_t)capture->mono_ns;

    if (capture->set)
        return base + sets[(n / BLOCK + file_of(capture, n)) % COUNT(sets)];
    /* The wall clock is set between two groups: no journey sees it. */
    return base + steps[n / (GROUP * 20) % COUNT(steps)];
}

/* Each field is what no other is, and each checksum state has its turn. */
static void make_skb(struct made *m, unsigned n)
{
    bool segments = n % 3 == 0;

    m->skb = (struct nst_skb){
        .len = n + 1,
        .data_len = n % 2 ? 0 : n,
        .mark = n * 7,
        .hash = n % 5 ? n * 0x10001 : 0,
        .priority = n % 11,
        .csum = n * 0x20003 + 1,
        .users = 1 + n % 4,
        .dataref = (n % 6) << 16 | (n % 6 + 1),
        .gso_type = 1u << n % 20,
        .gso_size = (uint16_t)(segments ? 1000 + n % 448 : 0),
        .gso_segs = (uint16_t)(n % 2 ? n % 45 : 0),
        .protocol = n % 4 ? 0x86dd : 0,
        .ip_summed = n % 4,
        .csum_level = n % 3,
        .shared_flags = n % 32,
        .frags = n % 17,
        .fclone = n % 3,
        .flags = (n % 2 ? NST_SKB_CLONED : 0) | (n % 3 ? 0 : NST_SKB_NOHDR),
    };
    m->event.state = &m->skb;
}

static void make_event(struct made *m, const struct capture *capture, unsigned n, uint64_t *state)
{
    struct nst_event *e = &m->event;

    *m = (struct made){0};
    e->ts_ns = capture->mono_ns + n * capture->step_ns;
    e->skb = 0xffff888100000000u + next_random(state) % 64 * 0x100;
    m->ts_ns = (int64_t)e->ts_ns + offset_at(capture, n);
    m->file = file_of(capture, n);
    m->netns = pick(state, 4, true);
    e->netns_source = m->netns < 0 ? NST_NETNS_NONE : 1 + (uint8_t)(next_random(state) % 3);
    m->device = pick(state, COUNT(devices), true);
    m->task = pick(state, COUNT(tasks), true);
    m->probe = pick(state, COUNT(probes), false);
    m->reason = next_random(state) % 4 ? -1 : pick(state, COUNT(reasons), false);
    e->cpu = (uint32_t)next_random(state) % 300;
    e->rx_ifindex = next_random(state) % 2 ? 0 : (uint32_t)next_random(state);
    make_journey(e, capture, n, state);
    make_packet(m, capture, state);
    if (capture->skbs)
        make_skb(m, n);
}

static void put_event(struct nst_writer *w, const struct capture *capture, const struct made *m)
{
    struct nst_event e = m->event;
    struct nst_error error;

    e.netns = m->netns < 0 ? NST_NONE : nst_writer_netns(w, &capture->netns[m->netns]);
    e.task = m->task < 0 ? NST_NONE : nst_writer_task(w, &tasks[m->task]);
    e.probe = nst_writer_probe(w, &probes[m->probe]);
    e.stack = NST_NONE;
    if (m->reason >= 0)
        e.stack = nst_writer_frame(w, &(struct nst_frame){.caller = NST_NONE, .name = "f+0x1"});
    e.drop_reason = m->reason < 0 ? NST_NONE : nst_writer_drop_reason(w, &reasons[m->reason]);
    e.device = NST_NONE;
    if (m->device >= 0) {
        const struct nst_device device = {
            .netns = e.netns,
            .ifindex = devices[m->device].ifindex,
            .name = devices[m->device].name,
        };

        e.device = nst_writer_device(w, &device);
    }
    if (nst_writer_event(w, &e, &error) < 0)
        errx(1, "%s", error.text);
}

static void put_tables(struct nst_writer *w, const struct capture *capture, unsigned n)
{
    const uint64_t begin = capture->mono_ns;
    const uint64_t now = capture->mono_ns + n * capture->step_ns;
    const struct nst_netns_name names[] = {
        {capture->netns[0], "old name", begin - 5, begin, NST_PLACE_NETNS},
        {capture->netns[0], "client", begin - 1, now, NST_PLACE_NETNS},
        {capture->netns[1], "a'b\"c,\n\x1b[31m\xff", begin, now, NST_PLACE_NETNS},
        {{.inum = 99}, "idle", begin, now, NST_PLACE_NETNS},
    };
    const struct nst_counter counters[] = {
        {"events", NULL, NST_NONE, true, n},
        {"lost.ring", "net:netif_receive_skb", 0, true, n / 100},
        {"lost.ring", "net:netif_receive_skb", 1, true, 0},
        {"lost.recursion", NULL, NST_NONE, false, 0},
    };
    const struct nst_tables tables = {
        .ts_ns = now,
        .netns_names = names,
        .netns_names_count = COUNT(names),
        .counters = counters,
        .counters_count = COUNT(counters),
    };
    struct nst_error error;

    if (nst_writer_tables(w, &tables, &error) < 0)
        errx(1, "%s", error.text);
}

static struct nst_writer *open_file(const char *dir, const struct capture *capture, unsigned file)
{
    const struct nst_file_info info = {
        .capture_id = {1, 2, 3, (uint8_t)capture->seed},
        .boot_id = {9, 9, (uint8_t)capture->seed},
        .sequence = file,
        .snaplen = capture->packets ? 128 : 0,
        .cpus = 300,
        .tracking_exact = capture->packets,
        .monotonic_ns = capture->mono_ns,
        .boottime_ns = capture->mono_ns + 7,
        .realtime_ns = capture->mono_ns + (uint64_t)offset_at(capture, 0),
        .hostname = capture->host,
        .kernel_release = "6.1",
        .machine = "x86_64",
        .writer = "make_captures",
        .command_line = "make 'captures'",
        .filter = file ? NULL : "udp",
    };
    struct nst_error error;
    struct nst_writer *w;
    char path[4096];
    int fd;

    if (capture->files > 1)
        snprintf(path, sizeof(path), "%s/%s.%u.nst", dir, capture->host, file);
    else
        snprintf(path, sizeof(path), "%s/%s.nst", dir, capture->host);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        err(1, "%s", path);
    if (nst_writer_open(&w, fd, &info, &error) < 0)
        errx(1, "%s: %s", path, error.text);
    return w;
}

/* The first file as it is by now. */
static void copy_file(const char *dir, const struct capture *capture)
{
    char path[4096], buffer[65536];
    FILE *in, *out;
    size_t got;

    snprintf(path, sizeof(path), "%s/%s.0.nst", dir, capture->host);
    in = fopen(path, "rb");
    snprintf(path, sizeof(path), "%s/%s.0-cut.nst", dir, capture->host);
    out = fopen(path, "wb");
    if (!in || !out)
        err(1, "%s", path);
    while ((got = fread(buffer, 1, sizeof(buffer), in)) > 0)
        if (fwrite(buffer, 1, got, out) != got)
            err(1, "%s", path);
    fclose(in);
    if (fclose(out))
        err(1, "%s", path);
}

static void flush(struct nst_writer *w)
{
    struct nst_error error;

    if (nst_writer_flush(w, &error) < 0)
        errx(1, "%s", error.text);
}

static void write_capture(const char *dir, const struct capture *capture, const struct made *made)
{
    struct nst_writer *w = NULL;
    struct nst_error error;

    for (unsigned n = 0; n < EVENTS; n++) {
        if (!w)
            w = open_file(dir, capture, made[n].file);
        /* Each with the clock of its events. */
        if (n % BLOCK == 0)
            flush(w);
        nst_writer_clock(w, offset_at(capture, n));
        if (n % 300 == 0)
            put_tables(w, capture, n);
        if (n == CUT_AT && capture->files > 1)
            copy_file(dir, capture);
        put_event(w, capture, &made[n]);
        if (n + 1 == EVENTS || made[n + 1].file != made[n].file) {
            if (nst_writer_close(w, NULL, &error) < 0)
                errx(1, "%s", error.text);
            w = NULL;
        }
    }
}

static void put_hex(FILE *out, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fprintf(out, "%02X", ((const uint8_t *)bytes)[i]);
}

static void put_text(FILE *out, const char *text)
{
    putc(',', out);
    if (!text)
        putc('-', out);
    else if (!*text)
        fputs("\"\"", out);
    else
        put_hex(out, text, strlen(text));
}

static void put_number(FILE *out, bool is_null, int64_t number)
{
    if (is_null)
        fputs(",-", out);
    else
        fprintf(out, ",%" PRId64, number);
}

static void put_netns(FILE *out, const struct capture *capture, int netns)
{
    const struct nst_netns *n = netns < 0 ? NULL : &capture->netns[netns];

    put_number(out, !n || !n->cookie, n ? (int64_t)n->cookie : 0);
    put_number(out, !n, n ? n->inum : 0);
}

static void expect_packet(FILE *out, const struct packet_template *t)
{
    put_number(out, false, t->layer);
    put_number(out, !t->vlan_proto, t->vlan_proto);
    put_number(out, !t->vlan_proto, t->vlan_tci);
    put_number(out, false, t->cut);
    fprintf(out, ",%s,", t->decoded);
    if (t->length)
        put_hex(out, t->bytes, t->length);
    else
        putc('-', out);
}

static void expect_event(FILE *out, const struct capture *capture, const struct made *m)
{
    const struct nst_event *e = &m->event;
    const struct nst_task *task = m->task < 0 ? NULL : &tasks[m->task];
    const struct nst_drop_reason *reason = m->reason < 0 ? NULL : &reasons[m->reason];

    fprintf(out, "%s,%u,%" PRId64 ",%u,%s,%s", capture->host, m->file, m->ts_ns, e->cpu,
            probe_kinds[m->probe], probes[m->probe].symbol);
    put_netns(out, capture, m->netns);
    put_number(out, false, e->netns_source);
    put_netns(out, capture, m->device < 0 ? -1 : m->netns);
    put_number(out, m->device < 0, m->device < 0 ? 0 : devices[m->device].ifindex);
    put_text(out, m->device < 0 ? NULL : devices[m->device].name);
    put_number(out, !e->rx_ifindex, e->rx_ifindex);
    put_number(out, !e->journey_id, (int64_t)e->journey_id);
    put_number(out, !task, task ? task->pid : 0);
    put_number(out, !task, task ? task->tgid : 0);
    put_text(out, task ? task->comm : NULL);
    put_number(out, !reason, reason ? reason->number : 0);
    put_text(out, reason ? reason->subsys : NULL);
    put_text(out, reason ? reason->name : NULL);
    put_number(out, false, e->len_bytes);
    put_number(out, false, e->caplen_bytes);
    expect_packet(out, &templates[m->template]);
    putc('\n', out);
}

static void expect_skb(FILE *out, const struct capture *capture, const struct made *m)
{
    const struct nst_skb *skb = m->event.state;
    bool partial;

    if (!skb)
        return;
    partial = skb->ip_summed == NST_CSUM_PARTIAL;
    fprintf(out, "%s,%u,%" PRId64 ",%u,%u,%u", capture->host, m->file, m->ts_ns, skb->len,
            skb->data_len, skb->mark);
    put_number(out, !skb->hash, skb->hash);
    put_number(out, false, skb->priority);
    put_number(out, !skb->protocol, skb->protocol);
    put_number(out, false, skb->ip_summed);
    put_number(out, skb->ip_summed != NST_CSUM_UNNECESSARY, skb->csum_level);
    put_number(out, skb->ip_summed != NST_CSUM_COMPLETE, skb->csum);
    put_number(out, !partial, skb->csum & 0xffff);
    put_number(out, !partial, skb->csum >> 16);
    put_number(out, !skb->gso_size, skb->gso_type);
    put_number(out, !skb->gso_size, skb->gso_size);
    put_number(out, !skb->gso_size || !skb->gso_segs, skb->gso_segs);
    fprintf(out, ",%u,%u,%d,%d,%u,%u,%u,%u\n", skb->shared_flags, skb->frags,
            skb->flags & NST_SKB_CLONED ? 1 : 0, skb->flags & NST_SKB_NOHDR ? 1 : 0, skb->fclone,
            skb->users, skb->dataref & 0xffff, skb->dataref >> 16);
}

/* By the clock that nobody sets. */
static int64_t between(const struct made *a, const struct made *b)
{
    return (int64_t)(b->event.ts_ns - a->event.ts_ns);
}

/* The stays of the journey that begins with event n, by looking through all that follow. */
static unsigned expect_hops(FILE *out, const struct capture *capture, const struct made *made,
                            unsigned n)
{
    const struct made *stay = NULL, *last = NULL, *before = NULL;
    unsigned ordinal = 0, events = 0;

    for (unsigned i = n; i <= EVENTS; i++) {
        const struct made *m = i < EVENTS ? &made[i] : NULL;

        if (m && (m->event.journey_id != made[n].event.journey_id || m->netns < 0))
            continue;
        if (stay && (!m || m->netns != stay->netns)) {
            fprintf(out, "%s,%" PRId64 ",%u", capture->host, (int64_t)stay->event.journey_id,
                    ++ordinal);
            put_netns(out, capture, stay->netns);
            fprintf(out, ",%" PRId64 ",%" PRId64 ",%u", stay->ts_ns,
                    stay->ts_ns + between(stay, last), events);
            put_netns(out, capture, before ? before->netns : -1);
            put_number(out, !before, before ? between(before, stay) : 0);
            put_number(out, !before, before ? stay->ts_ns - between(before, stay) : 0);
            putc('\n', out);
            before = last;
        }
        if (m && (!stay || m->netns != stay->netns)) {
            stay = m;
            events = 0;
        }
        events++;
        last = m;
    }
    return ordinal;
}

static bool begins_journey(const struct made *made, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (made[i].event.journey_id == made[n].event.journey_id)
            return false;
    return made[n].event.journey_id;
}

static void expect_journey(FILE *out, FILE *hops, const struct capture *capture,
                           const struct made *made, unsigned n)
{
    const struct nst_event *first = &made[n].event;
    unsigned events = 0, drops = 0, last = n;
    int from = -1, to = -1;
    bool guessed = false;

    for (unsigned i = n; i < EVENTS; i++) {
        if (made[i].event.journey_id != first->journey_id)
            continue;
        events++;
        drops += made[i].reason >= 0;
        guessed |= made[i].event.flags & NST_EVENT_GUESS;
        last = i;
        if (made[i].netns < 0)
            continue;
        to = made[i].netns;
        if (from < 0)
            from = to;
    }
    fprintf(out,
            "%s,%" PRId64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
            ",%u,%u,%u,%d,%u",
            capture->host, (int64_t)first->journey_id, first->journey_ts_ns,
            (int64_t)first->journey_head, (int64_t)first->skb, made[n].ts_ns, made[last].ts_ns,
            between(&made[n], &made[last]), events, expect_hops(hops, capture, made, n), drops,
            guessed, first->len_bytes);
    put_netns(out, capture, from);
    put_netns(out, capture, to);
    expect_packet(out, &templates[made[n].template]);
    putc('\n', out);
}

static FILE *expectations(const char *dir, const char *name)
{
    char path[4096];
    FILE *out;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    out = fopen(path, "w");
    if (!out)
        err(1, "%s", path);
    return out;
}

static void make_captures(const char *dir, const struct capture *captures, size_t count)
{
    static struct made made[EVENTS];
    FILE *events = expectations(dir, "events.csv"), *hops = expectations(dir, "hops.csv");
    FILE *journeys = expectations(dir, "journeys.csv"), *skbs = expectations(dir, "skbs.csv");

    for (size_t c = 0; c < count; c++) {
        uint64_t state = captures[c].seed;

        for (unsigned n = 0; n < EVENTS; n++)
            make_event(&made[n], &captures[c], n, &state);
        write_capture(dir, &captures[c], made);
        for (unsigned n = 0; n < EVENTS; n++) {
            expect_event(events, &captures[c], &made[n]);
            expect_skb(skbs, &captures[c], &made[n]);
            if (begins_journey(made, n))
                expect_journey(journeys, hops, &captures[c], made, n);
        }
    }
    if (fclose(events) || fclose(hops) || fclose(journeys) || fclose(skbs))
        err(1, "%s", dir);
}

int main(int argc, char **argv)
{
    static const struct capture captures[] = {
        {"alpha", FILES, cookies_netns, true, true, 1000000000000, 1000, 1, false},
        {"beta", 1, plain_netns, false, false, 5000000000, 1000, 2, false},
        {"gamma", 1, cookies_netns, true, false, 7, 3000000000, 3, false},
    };
    static const struct capture set = {
        .host = "delta",
        .files = FILES,
        .netns = cookies_netns,
        .mono_ns = 20000000000,
        .step_ns = 1000,
        .seed = 2,
        .set = true,
    };
    char dir[4096];

    if (argc != 2)
        errx(1, "usage: make_captures DIR");
    make_captures(argv[1], captures, COUNT(captures));
    snprintf(dir, sizeof(dir), "%s/set", argv[1]);
    if (mkdir(dir, 0700))
        err(1, "%s", dir);
    make_captures(dir, &set, 1);
    return 0;
}
