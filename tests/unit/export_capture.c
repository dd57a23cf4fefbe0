/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes the captures that tests/export.sh exports, through the library as a recorder would:
 *
 *     export_capture web|other|empty|probes FILE
 *
 * web: two namespaces, with one case of everything that the export treats in its own way; see
 * the comments below and the lines of tests/golden/export.txt. other: two packets of another
 * host, at times between those. empty: no event. probes: more probes than 16 bits count, each with
 * one event.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/nstrail.h"

#define REALTIME 1700000000000000000

/* Ethernet, IPv4, ICMP echo from 10.0.0.1 to 10.0.0.2, and 56 bytes of payload. */
static const uint8_t ping[98] = {
    2, 0,  0, 0,    0,    2,  2, 0, 0, 0,  0, 1, 8, 0, 0x45, 0,    0,    84, 0, 1, 0x40,
    0, 64, 1, 0x26, 0xa6, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0,    0xf7, 0xff, 0,  0, 0, 0,
};

/* IPv6, UDP from 2001:db8::1 port 4369 to 2001:db8::2 port 9, without Ethernet. */
static const uint8_t query[52] = {
    0x60, 0, 0, 0, 0,    12,   17,   64, 0x20, 1,    0x0d, 0xb8, 0, 0, 0, 0, 0, 0,
    0,    0, 0, 0, 0,    1,    0x20, 1,  0x0d, 0xb8, 0,    0,    0, 0, 0, 0, 0, 0,
    0,    0, 0, 2, 0x11, 0x11, 0,    9,  0,    12,   0x5b, 0x6a, 1, 2, 3, 4,
};

static struct nst_error error;

static void die(const char *what)
{
    fprintf(stderr, "export_capture: %s: %s\n", what, error.text);
    exit(1);
}

struct recorder {
    struct nst_writer *w;
    uint32_t xmit, receive, rcv, output, kfree;
    uint64_t ts_ns;
};

static uint32_t probe(struct nst_writer *w, uint32_t kind, const char *symbol)
{
    return nst_writer_probe(w, &(struct nst_probe){.kind = kind, .symbol = symbol});
}

static uint32_t device(struct nst_writer *w, uint32_t netns, uint32_t ifindex, const char *name)
{
    return nst_writer_device(
        w, &(struct nst_device){.netns = netns, .ifindex = ifindex, .name = name});
}

static uint32_t task(struct nst_writer *w, uint32_t pid, uint32_t tgid, const char *comm)
{
    return nst_writer_task(w, &(struct nst_task){.pid = pid, .tgid = tgid, .comm = comm});
}

static uint32_t reason(struct nst_writer *w, uint32_t number, const char *subsys, const char *name)
{
    return nst_writer_drop_reason(
        w, &(struct nst_drop_reason){.number = number, .subsys = subsys, .name = name});
}

static struct recorder begin(const char *path, uint8_t id, const char *host)
{
    struct nst_file_info info = {
        .capture_id = {id, 1},
        .boot_id = {id, 2},
        .snaplen = 128,
        .cpus = 2,
        .monotonic_ns = 1000,
        .boottime_ns = 1000,
        .realtime_ns = REALTIME + 1000,
        .hostname = host,
        .kernel_release = "6.1.0",
        .kernel_version = "#1 SMP",
        .machine = "x86_64",
        .writer = "export_capture",
    };
    struct recorder r = {.ts_ns = 1000};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || nst_writer_open(&r.w, fd, &info, &error) < 0)
        die(path);
    nst_writer_clock(r.w, REALTIME);
    r.xmit = probe(r.w, NST_PROBE_RAW_TRACEPOINT, "net:net_dev_start_xmit");
    r.receive = probe(r.w, NST_PROBE_RAW_TRACEPOINT, "net:netif_receive_skb");
    r.rcv = probe(r.w, NST_PROBE_KPROBE, "ip_rcv");
    r.output = probe(r.w, NST_PROBE_KPROBE, "ip_output");
    r.kfree = probe(r.w, NST_PROBE_RAW_TRACEPOINT, "skb:kfree_skb");
    return r;
}

/* A ping, of no known namespace, device, task or journey. */
static struct nst_event event(struct recorder *r, uint32_t at)
{
    r->ts_ns += 1000001;
    return (struct nst_event){
        .ts_ns = r->ts_ns,
        .skb = 0xffff888000000100,
        .netns = NST_NONE,
        .device = NST_NONE,
        .task = NST_NONE,
        .probe = at,
        .drop_reason = NST_NONE,
        .stack = NST_NONE,
        .len_bytes = sizeof(ping),
        .caplen_bytes = sizeof(ping),
        .packet = ping,
    };
}

static void record(struct recorder *r, struct nst_event *e)
{
    if (e->journey_id) {
        e->journey_ts_ns = 1000;
        e->journey_head = 0xffff888000000000 + e->journey_id * 4096;
    }
    if (e->netns != NST_NONE)
        e->netns_source = NST_NETNS_DEVICE;
    if (nst_writer_event(r->w, e, &error) < 0)
        die("event");
}

struct host {
    uint32_t web, db;
    uint32_t lo, eth0, tun0, db_eth0;
    uint32_t curl, thread, hostile;
};

/* One packet on its way: out of web, into db, seen by a second probe there, then dropped. */
static void record_journey(struct recorder *r, const struct host *h)
{
    struct nst_event e = event(r, r->output);

    e.journey_id = 0x6a1f3c0;
    e.netns = h->web;
    e.task = h->curl;
    e.device = h->eth0;
    record(r, &e); /* direction not known: the first at this device */
    e.probe = r->xmit;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e);
    e.netns = h->db;
    e.device = h->db_eth0;
    e.rx_ifindex = 2;
    e.probe = r->receive;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e);
    e.probe = r->rcv;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e); /* left out: the packet has been in here */
    e.probe = r->output;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e); /* left out: the same */
    e.probe = r->kfree;
    e.drop_reason = reason(r->w, 8, NULL, "NETFILTER_DROP");
    e.ts_ns = r->ts_ns += 10;
    record(r, &e);
    record(r, &e); /* a second drop at the same time */
    e.drop_reason = NST_NONE;
    e.rx_ifindex = 0;
    e.netns = h->web;
    e.device = h->eth0;
    e.probe = r->xmit;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e); /* passes again, as TCP sends the same data again */
}

static void record_loopback(struct recorder *r, const struct host *h)
{
    struct nst_event e = event(r, r->xmit);

    e.journey_id = 2;
    e.netns = h->web;
    e.device = h->lo;
    e.task = h->thread;
    record(r, &e);
    e.probe = r->receive;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e); /* left out: it went in where it went out */
}

/* Begins at L3; with a VLAN tag, at L2 and L3; cut by the snap length; without bytes. */
static void record_shapes(struct recorder *r, const struct host *h)
{
    struct nst_event e = event(r, r->xmit);
    static uint8_t large[100];

    e.netns = h->web;
    e.device = h->tun0;
    e.flags = NST_EVENT_L3;
    e.packet = query;
    e.len_bytes = e.caplen_bytes = sizeof(query);
    record(r, &e);
    e.vlan_proto = 0x8100;
    e.vlan_tci = 0x6064;
    e.ts_ns = r->ts_ns += 10;
    record(r, &e);

    e = event(r, r->xmit);
    e.netns = h->web;
    e.device = h->eth0;
    e.vlan_proto = 0x88a8;
    e.vlan_tci = 5;
    record(r, &e);

    memcpy(large, ping, sizeof(ping));
    e = event(r, r->xmit);
    e.netns = h->web;
    e.device = h->eth0;
    e.packet = large;
    e.caplen_bytes = sizeof(large);
    e.len_bytes = 1514;
    record(r, &e);

    e = event(r, r->xmit);
    e.netns = h->web;
    e.device = h->eth0;
    e.packet = NULL;
    e.caplen_bytes = 0;
    record(r, &e);
}

/* With and without a namespace, none with a device; reasons with a subsystem and without a name. */
static void record_drops(struct recorder *r, const struct host *h)
{
    struct nst_event e = event(r, r->kfree);

    e.netns = h->web;
    e.drop_reason = reason(r->w, 0x30001, "openvswitch", "OVS_DROP_LAST_ACTION");
    record(r, &e);
    e = event(r, r->kfree);
    e.drop_reason = reason(r->w, 70000, NULL, NULL);
    e.task = h->hostile;
    record(r, &e);
    e.drop_reason = reason(r->w, 70001, "my mod", NULL);
    e.ts_ns = r->ts_ns += 10;
    record(r, &e);
}

static void write_web(const char *path)
{
    struct recorder r = begin(path, 1, "host one");
    struct host h = {
        .web = nst_writer_netns(r.w, &(struct nst_netns){0x1005, 4026532177}),
        .db = nst_writer_netns(r.w, &(struct nst_netns){0, 4026532178}),
    };
    const struct nst_netns_name names[] = {
        {{0x1005, 4026532177}, "web", 1, 2, NST_PLACE_NETNS},
        {{0, 4026532178}, "d b%)\n\xc3\xa9", 1, 2, NST_PLACE_NETNS},
    };
    const struct nst_tables tables = {.ts_ns = 2, .netns_names = names, .netns_names_count = 2};
    struct nst_event e;

    h.lo = device(r.w, h.web, 1, "lo");
    h.eth0 = device(r.w, h.web, 2, "eth0");
    h.tun0 = device(r.w, h.web, 3, "tun0");
    h.db_eth0 = device(r.w, h.db, 2, "eth0");
    h.curl = task(r.w, 1234, 1234, "curl");
    h.thread = task(r.w, 1301, 1300, "worker/1");
    h.hostile = task(r.w, 7, 7, "a) track\x01\xff");
    if (nst_writer_tables(r.w, &tables, &error) < 0)
        die("tables");
    record_journey(&r, &h);
    record_loopback(&r, &h);
    nst_writer_lost(r.w, 5);
    nst_writer_flush(r.w, &error);
    record_shapes(&r, &h);
    record_drops(&r, &h);
    nst_writer_lost(r.w, 7);
    nst_writer_flush(r.w, &error);
    /* Not tracked: nothing tells that the second is the first. */
    e = event(&r, r.receive);
    e.netns = h.db;
    e.device = h.db_eth0;
    record(&r, &e);
    e.ts_ns += 10;
    record(&r, &e);
    if (nst_writer_close(r.w, &tables, &error) < 0)
        die(path);
}

static void write_other(const char *path)
{
    struct recorder r = begin(path, 9, "host two");
    uint32_t netns = nst_writer_netns(r.w, &(struct nst_netns){0x1005, 4026532177});
    struct nst_event e = event(&r, r.receive);

    /* The same journey, namespace and device as in web, by their numbers. */
    e.journey_id = 0x6a1f3c0;
    e.netns = netns;
    e.device = device(r.w, netns, 2, "eth0");
    e.ts_ns += 15;
    record(&r, &e);
    e.ts_ns += 1000000000;
    e.probe = r.xmit;
    record(&r, &e);
    if (nst_writer_close(r.w, NULL, &error) < 0)
        die(path);
}

static void write_probes(const char *path)
{
    struct recorder r = begin(path, 7, "host");
    char symbol[32];

    for (unsigned i = 0; i < 70000; i++) {
        struct nst_event e;

        snprintf(symbol, sizeof(symbol), "probe_of_a_long_list_%u", i);
        e = event(&r, probe(r.w, NST_PROBE_KPROBE, symbol));
        record(&r, &e);
    }
    if (nst_writer_close(r.w, NULL, &error) < 0)
        die(path);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "web"))
        write_web(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "other"))
        write_other(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "empty"))
        nst_writer_close(begin(argv[2], 5, "host").w, NULL, NULL);
    else if (argc == 3 && !strcmp(argv[1], "probes"))
        write_probes(argv[2]);
    else
        return 2;
    return 0;
}
