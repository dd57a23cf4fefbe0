/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_churn FILE LIVES COOKIE TOGETHER INUMS: a capture of a host on which so many namespaces had
 * one inum, one after the other, as where containers come and go: the kernel gives it again at
 * once. INUMS: or so many of them in turn. Each has a name, a device, its packets' source for an
 * address, and two events. COOKIE: that of the first, the next have the next ones; 0: a kernel
 * without. TOGETHER: so many have their events in one block. The host has a bridge with as many
 * ports, each with an address.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/nstrail.h"
#include "format/writer.h"

#define MS    UINT64_C(1000000)
#define START (1000 * 1000 * MS)
/* From one to the next, all of which it lives but the last tenth. */
#define APART (100 * MS)
/* The first of those that they have. */
#define INUM 4026532177

static const struct nst_netns host = {1, 4026531840};

/* An Ethernet header, and UDP from 10.88.0.2 to 10.88.0.3. */
static const uint8_t udp[] = {
    2,  0, 0, 0,  0,  3, 2, 0,  0,  0, 0, 2,    8,    0, 0x45, 0, 0,  32, 0, 1,   0,   0,   64,
    17, 0, 0, 10, 88, 0, 2, 10, 88, 0, 3, 0x1b, 0x59, 0, 53,   0, 12, 0,  0, 'a', 'b', 'c', 'd',
};

static const struct nst_file_info info = {
    .capture_id = {1},
    .boot_id = {2},
    .realtime_ns = UINT64_C(1700000000) * 1000 * MS,
    .monotonic_ns = START,
    .boottime_ns = START,
    .snaplen = 128,
    .cpus = 2,
    .hostname = "made-up",
};

static void check(int code, const struct nst_error *err)
{
    if (code >= 0)
        return;
    fprintf(stderr, "make_churn: %s\n", err->text);
    exit(1);
}

static void add_events(struct nst_writer *w, uint64_t ts_ns, const struct nst_netns *netns)
{
    struct nst_error err = {{0}};
    struct nst_event event = {
        .netns = nst_writer_netns(w, netns),
        .task = NST_NONE,
        .drop_reason = NST_NONE,
        .stack = NST_NONE,
        .len_bytes = sizeof(udp),
        .caplen_bytes = sizeof(udp),
        .packet = udp,
    };

    event.device = nst_writer_device(
        w, &(struct nst_device){.netns = event.netns, .ifindex = 2, .name = "eth0"});
    event.probe = nst_writer_probe(w, &(struct nst_probe){.kind = NST_PROBE_RAW_TRACEPOINT,
                                                          .symbol = "net:netif_receive_skb"});
    for (unsigned i = 0; i < 2; i++) {
        event.ts_ns = ts_ns + (1 + i) * MS;
        check(nst_writer_event(w, &event, &err), &err);
    }
}

/* What the tables say of one. */
static void add_tables(struct nst_writer *w, uint64_t ts_ns, const struct nst_netns *netns,
                       unsigned number)
{
    const uint64_t last_ns = ts_ns + APART * 9 / 10;
    const struct nst_known_netns known[] = {
        {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
        {*netns, ts_ns, last_ns, 0, 4026531837, NST_NETNS_GONE},
    };
    const struct nst_known_device device = {
        .netns = *netns, .first_ts_ns = ts_ns, .last_ts_ns = last_ns, .name = "eth0", .ifindex = 2};
    const struct nst_address address = {*netns, ts_ns, last_ns, 2, {4, {10, 88, 0, 2}}, 16};
    char text[32];
    const struct nst_netns_name name = {*netns, text, ts_ns, last_ns, NST_PLACE_NETNS};
    const struct nst_tables tables = {
        .ts_ns = last_ns,
        .netns = known,
        .netns_count = 2,
        .netns_names = &name,
        .netns_names_count = 1,
        .devices = &device,
        .devices_count = 1,
        .addresses = &address,
        .addresses_count = 1,
    };
    struct nst_error err = {{0}};

    snprintf(text, sizeof(text), "life%u", number);
    check(nst_writer_tables(w, &tables, &err), &err);
}

static void add_bridge(struct nst_writer *w, unsigned ports)
{
    struct nst_known_device *devices = calloc(ports + 1, sizeof(*devices));
    struct nst_address *addresses = calloc(ports + 1, sizeof(*addresses));
    char(*names)[16] = calloc(ports + 1, sizeof(*names));
    const struct nst_tables tables = {
        .ts_ns = START,
        .devices = devices,
        .devices_count = ports + 1,
        .addresses = addresses,
        .addresses_count = ports + 1,
    };
    struct nst_error err = {"no memory"};

    check(devices && addresses && names ? 0 : -1, &err);
    for (unsigned i = 0; i <= ports; i++) {
        snprintf(names[i], sizeof(names[i]), i ? "port%u" : "bridge", i);
        devices[i] = (struct nst_known_device){.netns = host,
                                               .first_ts_ns = START,
                                               .last_ts_ns = NST_STILL,
                                               .name = names[i],
                                               .ifindex = 1 + i,
                                               .master = i ? 1 : 0};
        addresses[i] = (struct nst_address){
            host, START, NST_STILL, 1 + i, {4, {10, 0, (uint8_t)(i >> 8), (uint8_t)i}}, 16};
    }
    check(nst_writer_tables(w, &tables, &err), &err);
    free(devices);
    free(addresses);
    free(names);
}

/* So many from that number on, whose events are in one block: tables end it. */
static void add_lives(struct nst_writer *w, uint64_t cookie, unsigned inums, unsigned number,
                      unsigned count)
{
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = number; i < number + count; i++) {
            const struct nst_netns netns = {cookie ? cookie + i : 0, INUM + i % inums};
            const uint64_t ts_ns = START + (1 + i) * APART;

            if (pass)
                add_tables(w, ts_ns, &netns, i);
            else
                add_events(w, ts_ns, &netns);
        }
}

int main(int argc, char **argv)
{
    unsigned lives = argc == 6 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
    unsigned together = lives ? (unsigned)strtoul(argv[4], NULL, 0) : 0;
    unsigned inums = together ? (unsigned)strtoul(argv[5], NULL, 0) : 0;
    int fd = inums ? open(argv[1], O_CREAT | O_TRUNC | O_RDWR, 0600) : -1;
    struct nst_error err = {{0}};
    struct nst_writer *w;

    if (fd < 0) {
        fputs("usage: make_churn FILE LIVES COOKIE TOGETHER INUMS\n", stderr);
        return 1;
    }
    check(nst_writer_open(&w, fd, &info, &err), &err);
    add_bridge(w, lives);
    for (unsigned i = 0; i < lives; i += together)
        add_lives(w, strtoull(argv[3], NULL, 0), inums, i, together);
    check(nst_writer_close(w, NULL, &err), &err);
    return 0;
}
