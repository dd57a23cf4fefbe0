/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_capture NAME FILE: writes one of the captures that the golden outputs are made from, the
 * same bytes each time.
 *
 *   accepted     the events of retis/accepted.json, as far as the format has them
 *   everything   each part of an event present and absent, names that need escaping, two blocks
 *                that overlap in time, tables
 *   second       the same capture's next file: its events lie between those of everything
 *   other-host   another host's capture, whose clocks differ
 *   crowded      tables of 300,000 names and 100,000 counters, and one event
 *   many         20,000 events in many blocks and four namespaces, one of them rare
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/nstrail.h"
#include "format/writer.h"

#define TIME_OFFSET INT64_C(1700000000691042000) /* of the time of day, from CLOCK_MONOTONIC */

/* An Ethernet header, and a ping from 10.0.0.1 to 10.0.0.2. */
static const uint8_t ping[98] = {
    0x02, 0,    0,    0,    0, 0x02, 0x02, 0, 0,    0,    0,    0x01, 0x08, 0,
    0x45, 0,    0,    0x54, 0, 0x01, 0x40, 0, 0x40, 0x01, 0x26, 0x9a, 0x0a, 0,
    0,    0x01, 0x0a, 0,    0, 0x02, 0x08, 0, 0xf7, 0xff, 0,    0x01, 0,    0x01,
};

#define ETHERNET_BYTES 14

static const struct nst_event nothing = {
    .netns = NST_NONE,
    .device = NST_NONE,
    .task = NST_NONE,
    .drop_reason = NST_NONE,
    .stack = NST_NONE,
};

static void check(int result, const struct nst_error *err)
{
    if (result >= 0)
        return;
    fprintf(stderr, "make_capture: %s\n", err->text);
    exit(1);
}

static struct nst_writer *open_capture(const char *path, const struct nst_file_info *info)
{
    struct nst_error err = {{0}};
    struct nst_writer *w;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        perror(path);
        exit(1);
    }
    check(nst_writer_open_salted(&w, fd, info, &err), &err);
    nst_writer_clock(w, (int64_t)(info->realtime_ns - info->monotonic_ns));
    return w;
}

static void add(struct nst_writer *w, const struct nst_event *event)
{
    struct nst_error err = {{0}};

    check(nst_writer_event(w, event, &err), &err);
}

static void flush(struct nst_writer *w)
{
    struct nst_error err = {{0}};

    check(nst_writer_flush(w, &err), &err);
}

static void close_capture(struct nst_writer *w, const struct nst_tables *tables)
{
    struct nst_error err = {{0}};

    check(nst_writer_close(w, tables, &err), &err);
}

static const struct nst_file_info first_info = {
    .capture_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    .salt = {1, 1, 1, 1, 1, 1, 1, 1},
    .boot_id = {0xb0, 0x07},
    .snaplen = 128,
    .cpus = 2,
    .monotonic_ns = 7322460990000,
    .boottime_ns = 7322460990000,
    .realtime_ns = 7322460990000 + TIME_OFFSET,
    .hostname = "router",
    .kernel_release = "6.18.44",
    .kernel_version = "#1 SMP PREEMPT_DYNAMIC",
    .machine = "x86_64",
    .writer = "nstrail-capture 0.1.0",
    .command_line = "nstrail-capture -w demo.nst",
    .drop_reasons = "btf",
};

/* Another file than the rest. */
static struct nst_writer *open_salted(const char *path, uint8_t salt)
{
    struct nst_file_info info = first_info;

    memset(info.salt, salt, sizeof(info.salt));
    return open_capture(path, &info);
}

static uint32_t tracepoint(struct nst_writer *w, const char *symbol)
{
    struct nst_probe probe = {NST_PROBE_RAW_TRACEPOINT, symbol};

    return nst_writer_probe(w, &probe);
}

static uint32_t probe(struct nst_writer *w, uint32_t kind, const char *symbol)
{
    struct nst_probe entry = {kind, symbol};

    return nst_writer_probe(w, &entry);
}

static uint32_t netns(struct nst_writer *w, uint64_t cookie, uint32_t inum)
{
    struct nst_netns entry = {cookie, inum};

    return nst_writer_netns(w, &entry);
}

static uint32_t device(struct nst_writer *w, uint32_t of_netns, uint32_t ifindex, const char *name)
{
    struct nst_device entry = {of_netns, ifindex, name};

    return nst_writer_device(w, &entry);
}

static uint32_t task(struct nst_writer *w, uint32_t pid, uint32_t tgid, const char *comm)
{
    struct nst_task entry = {pid, tgid, comm};

    return nst_writer_task(w, &entry);
}

static uint32_t drop_reason(struct nst_writer *w, uint32_t number, const char *subsys,
                            const char *name)
{
    struct nst_drop_reason entry = {number, subsys, name};

    return nst_writer_drop_reason(w, &entry);
}

/* An event of the ping's journey. */
static struct nst_event ping_event(uint64_t ts_ns)
{
    struct nst_event event = nothing;

    event.ts_ns = ts_ns;
    event.skb = 18446612682079993000u;
    event.journey_id = 1;
    event.journey_ts_ns = 7322460997041;
    event.journey_head = 18446612682079993856u;
    event.cpu = 1;
    event.netns_source = NST_NETNS_DEVICE;
    event.len_bytes = sizeof(ping);
    event.caplen_bytes = sizeof(ping);
    event.packet = ping;
    return event;
}

static uint32_t frame(struct nst_writer *w, uint32_t caller, const char *name)
{
    return nst_writer_frame(w, &(struct nst_frame){.caller = caller, .name = name});
}

static void begin_at_l3(struct nst_event *event)
{
    event->flags |= NST_EVENT_L3;
    event->len_bytes -= ETHERNET_BYTES;
    event->caplen_bytes -= ETHERNET_BYTES;
    event->packet += ETHERNET_BYTES;
}

static void write_accepted(const char *path)
{
    struct nst_writer *w = open_salted(path, 4);
    uint32_t client = netns(w, 0, 4026532177), router = netns(w, 0x1001, 4026532240);
    uint32_t at_router = device(w, router, 2, "vr0");
    uint32_t ping_task = task(w, 1234, 1234, "ping");
    struct nst_event event = ping_event(7322460997041);

    event.task = ping_task;
    event.probe = tracepoint(w, "net:net_dev_start_xmit");
    event.netns = client;
    event.device = device(w, client, 2, "vc");
    add(w, &event);

    event.ts_ns = 7322461001553;
    event.probe = tracepoint(w, "net:netif_receive_skb");
    event.netns = router;
    event.device = at_router;
    event.rx_ifindex = 2;
    add(w, &event);

    event.ts_ns = 7322461031200;
    event.probe = tracepoint(w, "skb:kfree_skb");
    event.drop_reason = drop_reason(w, 8, NULL, "NETFILTER_DROP");
    event.stack = frame(w, frame(w, NST_NONE, "nf_hook_slow+0xab"), "kfree_skb_reason+0x4c");
    begin_at_l3(&event);
    add(w, &event);

    event.stack = NST_NONE;
    event.device = NST_NONE;
    event.rx_ifindex = 0;
    event.netns_source = NST_NETNS_SOCKET;
    event.drop_reason = drop_reason(w, 0x30001, "openvswitch", "OVS_DROP_LAST_ACTION");
    event.flags = 0;
    event.packet = NULL;
    event.len_bytes = event.caplen_bytes = 0;
    event.state = &(const struct nst_skb){.len = 98, .hash = 7};
    add(w, &event);
    close_capture(w, NULL);
}

/* Of an skb nothing, of one all, and of one that stands for segments what is usual. */
static const struct nst_skb empty_skb = {.users = 1, .dataref = 1};
static const struct nst_skb full_skb = {
    .len = UINT32_MAX,
    .data_len = UINT32_MAX,
    .mark = UINT32_MAX,
    .hash = UINT32_MAX,
    .priority = UINT32_MAX,
    .csum = UINT32_MAX,
    .users = UINT32_MAX,
    .dataref = UINT32_MAX,
    .gso_type = UINT32_MAX,
    .gso_size = UINT16_MAX,
    .gso_segs = UINT16_MAX,
    .protocol = UINT16_MAX,
    .ip_summed = UINT8_MAX,
    .csum_level = UINT8_MAX,
    .shared_flags = UINT8_MAX,
    .frags = UINT8_MAX,
    .fclone = UINT8_MAX,
    .flags = UINT8_MAX,
};
static const struct nst_skb usual_skb = {
    .len = 7306,
    .data_len = 7240,
    .mark = 0x1234,
    .hash = 0xdb09ce0c,
    .priority = 5,
    .csum = 160 | 16 << 16,
    .users = 1,
    .dataref = 1 << 16 | 2,
    .gso_type = 1,
    .gso_size = 1448,
    .gso_segs = 5,
    .protocol = 0x0800,
    .ip_summed = NST_CSUM_PARTIAL,
    .frags = 1,
    .fclone = 2,
    .flags = NST_SKB_CLONED,
};
static const struct nst_skb verified_skb = {
    .len = 84,
    .ip_summed = NST_CSUM_UNNECESSARY,
    .csum_level = 2,
    .users = 2,
    .dataref = 1,
    .protocol = 0x0800,
};
static const struct nst_skb summed_skb = {
    .len = 84, .ip_summed = NST_CSUM_COMPLETE, .csum = 0xbeef, .users = 1, .dataref = 1};

static const struct nst_netns_name everything_names[] = {
    {.netns = {.inum = 4026532177}, .name = "client", .first_ts_ns = 1, .last_ts_ns = UINT64_MAX},
    {.netns = {0x1001, 4026532240}, .name = "old", .first_ts_ns = 1, .last_ts_ns = 7322461000000},
    {.netns = {0x1001, 4026532240},
     .name = "router \x1b[31m",
     .first_ts_ns = 7322461000001,
     .last_ts_ns = 7322462000000},
    {.netns = {0x1002, 4026532300}, .name = "idle", .first_ts_ns = 1, .last_ts_ns = UINT64_MAX},
};

static const struct nst_counter everything_counters[] = {
    {.name = "events", .probe = "net:netif_receive_skb", .cpu = 0, .known = true, .value = 5},
    {.name = "events", .probe = "skb:kfree_skb", .cpu = 1, .known = true, .value = 4},
    {.name = "lost.ring", .cpu = 0, .known = true, .value = 3},
    {.name = "lost.ring", .cpu = 1, .known = true, .value = 4},
    {.name = "lost.disk", .cpu = NST_NONE, .known = true},
    {.name = "lost.recursion", .cpu = NST_NONE, .known = false},
};

static const struct nst_tables everything_tables = {
    .ts_ns = 7322461050000,
    .netns_names = everything_names,
    .netns_names_count = sizeof(everything_names) / sizeof(everything_names[0]),
    .counters = everything_counters,
    .counters_count = sizeof(everything_counters) / sizeof(everything_counters[0]),
};

/* In the block that is written last: it begins before the first one ends. */
static void add_late(struct nst_writer *w)
{
    struct nst_event event = ping_event(7322461000500);

    event.probe = tracepoint(w, "net:netif_receive_skb");
    event.netns = netns(w, 0x1001, 4026532240);
    event.device = device(w, event.netns, 2, "eth0");
    event.flags = NST_EVENT_LATE;
    add(w, &event);

    event.ts_ns = 7322461040000;
    event.flags = 0;
    event.probe = tracepoint(w, "skb:kfree_skb");
    event.drop_reason = drop_reason(w, 77, NULL, NULL);
    event.state = &summed_skb;
    add(w, &event);
}

static void add_first_block(struct nst_writer *w)
{
    uint32_t client = netns(w, 0, 4026532177);
    struct nst_event event = nothing;

    /* Nothing but what an event must have. */
    event.ts_ns = 7322461000000;
    event.probe = probe(w, NST_PROBE_KPROBE, "ip_rcv");
    add(w, &event);

    /* The same time, every part, and names that must not reach a terminal. */
    event = ping_event(7322461000000);
    event.cpu = 511;
    event.probe = probe(w, NST_PROBE_FENTRY, "ip_rcv");
    event.task = task(w, 12, 1234, "e\\vil\n\x1b]0;x\x07\xff\"");
    event.netns = client;
    event.device = device(w, client, 4294967295,
                          "d\x7f"
                          "ev\xc3\xb6");
    event.rx_ifindex = 7;
    event.vlan_proto = 0x8100;
    event.vlan_tci = 0x6005;
    event.state = &full_skb;
    add(w, &event);

    event.ts_ns = 7322461001000;
    event.probe = probe(w, NST_PROBE_FEXIT, "ip_rcv");
    event.netns = NST_NONE;
    event.state = &empty_skb;
    add(w, &event);

    event = ping_event(7322461002000);
    event.journey_id = 0;
    event.journey_ts_ns = event.journey_head = 0;
    event.probe = probe(w, NST_PROBE_KRETPROBE, "ip_rcv");
    event.netns = client;
    event.device = device(w, client, 9, "");
    event.caplen_bytes = 30;
    event.state = &usual_skb;
    add(w, &event);

    event = ping_event(7322461003000);
    event.probe = probe(w, 99, "future");
    event.netns = client;
    event.device = device(w, client, 3, "wg0");
    event.vlan_proto = 0x8100;
    event.vlan_tci = 7;
    begin_at_l3(&event);
    event.state = &verified_skb;
    add(w, &event);
}

static void write_everything(const char *path)
{
    struct nst_error err = {{0}};
    struct nst_writer *w = open_capture(path, &first_info);

    check(nst_writer_tables(w, &everything_tables, &err), &err);
    add_first_block(w);
    flush(w);
    nst_writer_clock(w, TIME_OFFSET + 250);
    nst_writer_lost(w, 7);
    add_late(w);
    close_capture(w, &everything_tables);
}

static void write_second(const char *path)
{
    struct nst_file_info info = first_info;
    struct nst_writer *w;
    struct nst_event event = ping_event(7322461000000);

    memcpy(info.previous_salt, info.salt, sizeof(info.previous_salt));
    memset(info.salt, 2, sizeof(info.salt));
    info.sequence = 1;
    /* Its clock's anchor is off by a second: within a capture only CLOCK_MONOTONIC counts. */
    info.realtime_ns += 1000000000;
    w = open_capture(path, &info);
    event.probe = tracepoint(w, "net:net_dev_start_xmit");
    event.netns = netns(w, 0x1003, 4026532400);
    add(w, &event);
    event.ts_ns = 7322461002500;
    add(w, &event);
    close_capture(w, NULL);
}

static void write_other_host(const char *path)
{
    struct nst_file_info info = first_info;
    struct nst_writer *w;
    struct nst_event event = ping_event(5000);

    memset(info.capture_id, 0xee, sizeof(info.capture_id));
    memset(info.boot_id, 0xee, sizeof(info.boot_id));
    memset(info.salt, 3, sizeof(info.salt));
    info.hostname = "server";
    info.monotonic_ns = info.boottime_ns = 1000;
    info.realtime_ns = 7322461001500 + TIME_OFFSET - 4000;
    w = open_capture(path, &info);
    event.probe = tracepoint(w, "net:netif_receive_skb");
    event.netns = netns(w, 0x1001, 4026532240);
    event.device = device(w, event.netns, 2, "eth0");
    add(w, &event);
    close_capture(w, NULL);
}

static void write_no_packets(const char *path)
{
    struct nst_file_info info = first_info;
    struct nst_writer *w;
    struct nst_event event = ping_event(7322461001553);

    memset(info.salt, 7, sizeof(info.salt));
    info.snaplen = 0;
    w = open_capture(path, &info);
    event.probe = tracepoint(w, "net:netif_receive_skb");
    event.packet = NULL;
    event.caplen_bytes = 0;
    add(w, &event);
    close_capture(w, NULL);
}

static void write_many(const char *path)
{
    struct nst_writer *w = open_salted(path, 5);
    uint8_t packet[sizeof(ping)];
    struct nst_event event;

    memcpy(packet, ping, sizeof(packet));
    for (uint32_t i = 0; i < 20000; i++) {
        event = ping_event(7322461000000 + i * UINT64_C(1000));
        event.journey_id = 1 + i / 4;
        event.journey_head += i / 4 * 512;
        event.probe = tracepoint(w, i % 2 ? "net:netif_receive_skb" : "net:net_dev_start_xmit");
        event.netns = netns(w, 0x2000 + i % 3, 4026533000 + i % 3);
        if (i == 12345)
            event.netns = netns(w, 0x3000, 4026533123);
        event.device = device(w, event.netns, 2, "eth0");
        packet[sizeof(packet) - 1] = (uint8_t)(i / 4);
        event.packet = packet;
        add(w, &event);
        if (i % 500 == 499)
            flush(w);
    }
    close_capture(w, NULL);
}

#define CROWD    300000u
#define COUNTERS 100000u
#define TEXT     16

/* Names of one namespace, of namespaces that share an inum, and of others, the last inum first. */
static void crowd_name(struct nst_netns_name *name, char *text, uint32_t i)
{
    snprintf(text, TEXT, "%u", i);
    *name = (struct nst_netns_name){.name = text, .first_ts_ns = 1, .last_ts_ns = NST_STILL};
    if (i % 3 == 0)
        name->netns = (struct nst_netns){1, 4026532000};
    else if (i % 3 == 1)
        name->netns = (struct nst_netns){2 + i, 4026532000};
    else
        name->netns = (struct nst_netns){2 + i, 4026531999 - i};
}

static void crowd_counter(struct nst_counter *counter, char *text, uint32_t i)
{
    snprintf(text, TEXT, "lost.%u", i);
    *counter = (struct nst_counter){.name = text, .cpu = NST_NONE, .known = true, .value = 1};
}

static void write_crowded(const char *path)
{
    struct nst_netns_name *names = calloc(CROWD, sizeof(*names));
    struct nst_counter *counters = calloc(COUNTERS, sizeof(*counters));
    char(*texts)[TEXT] = calloc(CROWD + COUNTERS, sizeof(*texts));
    struct nst_writer *w = open_salted(path, 6);
    struct nst_event event = ping_event(7322461001553);
    struct nst_tables tables = {
        .ts_ns = 7322461050000,
        .netns_names = names,
        .netns_names_count = CROWD,
        .counters = counters,
        .counters_count = COUNTERS,
    };

    if (!names || !counters || !texts)
        exit(1);
    for (uint32_t i = 0; i < CROWD; i++)
        crowd_name(&names[i], texts[i], i);
    for (uint32_t i = 0; i < COUNTERS; i++)
        crowd_counter(&counters[i], texts[CROWD + i], i);
    event.probe = tracepoint(w, "net:netif_receive_skb");
    event.netns = netns(w, 1, 4026532000);
    add(w, &event);
    close_capture(w, &tables);
    free(names);
    free(counters);
    free(texts);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(const char *path);
    } captures[] = {
        {"accepted", write_accepted}, {"everything", write_everything},
        {"second", write_second},     {"other-host", write_other_host},
        {"many", write_many},         {"no-packets", write_no_packets},
        {"crowded", write_crowded},
    };

    for (size_t i = 0; argc == 3 && i < sizeof(captures) / sizeof(captures[0]); i++) {
        if (strcmp(argv[1], captures[i].name))
            continue;
        captures[i].write(argv[2]);
        return 0;
    }
    fputs("usage: make_capture NAME FILE\n", stderr);
    return 1;
}
