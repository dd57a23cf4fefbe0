/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_inventory DIR: captures of a made-up host with a bridge, as a recorder with an inventory
 * writes them, the same bytes each time.
 *
 *   first.nst    a container, a pod, a pod that shares the host's namespace, a namespace with a
 *                hostile name, one that lived for half a second and whose inum came back for
 *                another, a name that moved; what still is is said several times
 *   second.nst   the capture's next file: what still was said anew
 *   killed.nst   another's, of which the recorder was killed long after its last tables
 *   old.nst      a kernel without cookies: two namespaces that had one inum, the second of which
 *                has no name
 *   older.nst    the next file of that, with a third and a fourth, and one between the two that was
 *                not seen by the inventory; and with one that another had been before
 *   taken.nst    another's, in which addresses of two that ended went to a third soon after
 *   tenants.nst  another's, in which two pairs of namespaces have the same addresses
 *   ring.nst0 to ring.nst3
 *                another's, of which the second and the last tell of no namespace
 *   quiet.nst    another's, without an event
 *   set.nst, set-next.nst
 *                another's, whose clock is set, an hour on
 *   back.nst, back-next.nst
 *                another's, whose clock is set back, in the middle of a file and between the two
 *   round.nst    another's, damaged: devices that are ports of each other, and of themselves, and
 *                more of them one below the other than there can be
 *   long.nst     another's, with a container and a pod whose names are as long as can be
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/nstrail.h"
#include "format/writer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           UINT64_C(1000000)
#define START        (1000 * 1000 * MS) /* of the recording; so much later the first event */
#define ASLEEP       (50 * 1000 * MS) /* of the host, before */
#define TIME_OFFSET  INT64_C(1700000000000000000)

static const struct nst_netns host = {1, 4026531840}, web = {0x1005, 4026532177},
                              cart = {0x1006, 4026532240}, flash = {0x1007, 4026532300},
                              reborn = {0x1008, 4026532300}, vile = {0x1009, 4026532400};

/* An Ethernet header, and UDP from 10.88.0.2 to 10.88.0.3. */
static const uint8_t udp[] = {
    2,  0, 0, 0,  0,  3, 2, 0,  0,  0, 0, 2,    8,    0, 0x45, 0, 0,  32, 0, 1,   0,   0,   64,
    17, 0, 0, 10, 88, 0, 2, 10, 88, 0, 3, 0x1b, 0x59, 0, 53,   0, 12, 0,  0, 'a', 'b', 'c', 'd',
};

static const struct nst_known_netns namespaces[] = {
    {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {web, START, NST_STILL, 0, 4026531837, 0},
    {cart, START, NST_STILL, 1000, 4026532600, 0},
    {vile, START, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name names[] = {
    {web, "moved", START, NST_STILL, NST_PLACE_NETNS},
    {web, "/run/docker/netns/4f00aa", START, NST_STILL, NST_PLACE_MOUNT},
    {vile, "a\x1b[31m\"b\n\\\xff", START, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_process processes[] = {
    {host, START, NST_STILL, 1000000000, "systemd", "/usr/lib/systemd/systemd", "/init.scope", NULL,
     1, 0, NST_PROCESS_LEADER | NST_PROCESS_INIT},
    {web, START, NST_STILL, 5000000000, "nginx", "/usr/sbin/nginx", "/docker/4f00aa11bb22cc33",
     NULL, 4711, 33, NST_PROCESS_INIT},
    {web, START, NST_STILL, 5100000000, "nginx", "/usr/sbin/nginx", "/docker/4f00aa11bb22cc33",
     NULL, 4712, 33, 0},
    {cart, START, NST_STILL, 6000000000, "pause", "/pause", "/kubepods/pod1", NULL, 5001, 65535,
     NST_PROCESS_INIT},
    {cart, START, NST_STILL, 6100000000, "cart\x07", "/app/cart", "/kubepods/pod1", "/app/cart -v",
     5002, 1000, 0},
};
static const struct nst_container containers[] = {
    {web, START, NST_STILL, "docker", "4f00aa11bb22cc33", "web", "nginx:1.27", NULL, NULL, NULL,
     NULL, 4711},
    {cart, START, NST_STILL, "containerd", "4f77aa", NULL, "pause:3.9", "cart-7", "shop",
     "1e2d-uid", NULL, 5001},
    {cart, START, NST_STILL, "containerd", "5e88bb", NULL, "cart:2", "cart-7", "shop", "1e2d-uid",
     "cart", 5002},
    {host, START, NST_STILL, "containerd", "6a00cc", NULL, "exporter:1", "exporter-2", "metrics",
     "9f3c-uid", "exporter", 901},
};
static const struct nst_known_device devices[] = {
    {host, START, NST_STILL, "lo", NULL, {0}, 0, 1, 0, 65536, 0x49, 0, {0}},
    {host, START, NST_STILL, "eth0", NULL, {0}, 0, 2, 0, 1500, 0x1043, 6, {6, {2, 0, 0, 0, 0, 9}}},
    {host,
     START,
     NST_STILL,
     "eth0.7",
     "vlan",
     {0},
     2,
     3,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 9}}},
    {host,
     START,
     NST_STILL,
     "br0",
     "bridge",
     {0},
     0,
     4,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 8}}},
    {host,
     START,
     NST_STILL,
     "veth1a",
     "veth",
     web,
     2,
     5,
     4,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 5}}},
    {host,
     START,
     NST_STILL,
     "veth2b",
     "veth",
     cart,
     2,
     6,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 6}}},
    {web, START, NST_STILL, "lo", NULL, {0}, 0, 1, 0, 65536, 0x49, 0, {0}},
    {web,
     START,
     NST_STILL,
     "eth0",
     "veth",
     host,
     5,
     2,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 2}}},
    {cart,
     START,
     NST_STILL,
     "eth0",
     "veth",
     host,
     6,
     2,
     0,
     1450,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 3}}},
};
static const struct nst_address addresses[] = {
    {host, START, NST_STILL, 1, {4, {127, 0, 0, 1}}, 8},
    {host, START, NST_STILL, 2, {4, {192, 0, 2, 5}}, 24},
    {host, START, NST_STILL, 4, {4, {10, 88, 0, 1}}, 16},
    {web, START, NST_STILL, 1, {4, {127, 0, 0, 1}}, 8},
    {web, START, NST_STILL, 2, {4, {10, 88, 0, 2}}, 16},
    {web, START, NST_STILL, 2, {16, {0xfe, 0x80, [15] = 2}}, 64},
    {cart, START, NST_STILL, 2, {4, {10, 88, 0, 3}}, 16},
    {cart, START, NST_STILL, 2, {16, {0xfd, [15] = 3}}, 64},
};
static const struct nst_tables at_start = {
    .ts_ns = START,
    .netns = namespaces,
    .netns_count = COUNT(namespaces),
    .netns_names = names,
    .netns_names_count = COUNT(names),
    .processes = processes,
    .processes_count = COUNT(processes),
    .containers = containers,
    .containers_count = COUNT(containers),
    .devices = devices,
    .devices_count = COUNT(devices),
    .addresses = addresses,
    .addresses_count = COUNT(addresses),
};

/* 2 s later: one came and went, its inum was used again, a name moved, a device was renamed,
 * another was put into a bridge. */
static const struct nst_known_netns changed_namespaces[] = {
    {flash, START + 2000 * MS, START + 2500 * MS, 0, 4026531837, NST_NETNS_GONE},
    {reborn, START + 3000 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name changed_names[] = {
    {web, "moved", START, START + 2800 * MS, NST_PLACE_NETNS},
    {flash, "brief", START + 2010 * MS, START + 2490 * MS, NST_PLACE_NETNS},
    {reborn, "moved", START + 3000 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_process changed_processes[] = {
    {flash, START + 2010 * MS, START + 2480 * MS, 7000000000, "true", "/bin/true", "/", NULL, 6001,
     0, 0},
    {web, START, START + 3100 * MS, 5100000000, "nginx", "/usr/sbin/nginx",
     "/docker/4f00aa11bb22cc33", NULL, 4712, 33, 0},
    {web, START + 3400 * MS, NST_STILL, START + 2600 * MS + ASLEEP, "curl", "/usr/bin/curl",
     "/docker/4f00aa11bb22cc33", NULL, 4800, 33, 0},
    {reborn, START + 3200 * MS, NST_STILL, 9000000000, "nc", "/bin/nc", "/", NULL, 4712, 0, 0},
};
static const struct nst_known_device changed_devices[] = {
    {host,
     START + 2550 * MS,
     NST_STILL,
     "veth2b",
     "veth",
     cart,
     2,
     6,
     4,
     1450,
     0x1143,
     6,
     {6, {2, 0, 0, 0, 0, 6}}},
    {cart,
     START + 2600 * MS,
     NST_STILL,
     "net0",
     "veth",
     host,
     6,
     2,
     0,
     1450,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 3}}},
};
/* An address of web's. */
static const struct nst_address changed_addresses[] = {
    {flash, START + 2010 * MS, START + 2490 * MS, 2, {4, {10, 88, 0, 2}}, 16},
};
static const struct nst_tables at_change = {
    .ts_ns = START + 3500 * MS,
    .netns = changed_namespaces,
    .netns_count = COUNT(changed_namespaces),
    .netns_names = changed_names,
    .netns_names_count = COUNT(changed_names),
    .processes = changed_processes,
    .processes_count = COUNT(changed_processes),
    .devices = changed_devices,
    .devices_count = COUNT(changed_devices),
    .addresses = changed_addresses,
    .addresses_count = COUNT(changed_addresses),
};
/* A recorder says what still is more than once, for readers that come later. */
static const struct nst_tables change_again = {
    .ts_ns = START + 3700 * MS,
    .netns = changed_namespaces + 1,
    .netns_count = 1,
    .netns_names = changed_names + 2,
    .netns_names_count = 1,
    .processes = changed_processes + 2,
    .processes_count = COUNT(changed_processes) - 2,
    .containers = containers,
    .containers_count = COUNT(containers),
    .devices = changed_devices,
    .devices_count = COUNT(changed_devices),
    .addresses = addresses,
    .addresses_count = COUNT(addresses),
};
static const struct nst_tables at_end = {.ts_ns = START + 4000 * MS};

static const struct nst_known_netns again_namespaces[] = {
    {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {reborn, START + 3000 * MS, NST_STILL, 0, 4026531837, 0},
};
/* The next file tells what still is: the host and the reborn one; the containers are gone. */
static const struct nst_tables again = {
    .ts_ns = START + 5000 * MS,
    .netns = again_namespaces,
    .netns_count = COUNT(again_namespaces),
    .netns_names = &changed_names[2],
    .netns_names_count = 1,
    .devices = devices,
    .devices_count = 4,
};

/* And at its end. */
static const struct nst_known_device later_devices[] = {
    {host,
     START,
     START + 5500 * MS,
     "eth0",
     NULL,
     {0},
     0,
     2,
     0,
     1500,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 9}}},
    {host,
     START + 5500 * MS,
     NST_STILL,
     "eth0",
     NULL,
     {0},
     0,
     2,
     0,
     9000,
     0x1043,
     6,
     {6, {2, 0, 0, 0, 0, 9}}},
};
static const struct nst_tables later = {
    .ts_ns = START + 6000 * MS, .devices = later_devices, .devices_count = COUNT(later_devices)};

static void check(int result, const struct nst_error *err)
{
    if (result >= 0)
        return;
    fprintf(stderr, "make_inventory: %s\n", err->text);
    exit(1);
}

/* The files of a capture follow each other; those from 10 on are another's. */
static struct nst_writer *open_at(const char *path, uint32_t sequence, int64_t offset_ns)
{
    uint64_t begin = START + sequence % 10 * 4000 * MS;
    struct nst_file_info info = {
        .capture_id = {7, 7, sequence / 10},
        .boot_id = {0xb0, 0x07, sequence / 10},
        .snaplen = 128,
        .cpus = 2,
        .sequence = sequence % 10,
        .monotonic_ns = begin,
        .boottime_ns = begin + ASLEEP,
        .realtime_ns = begin + (uint64_t)offset_ns,
        .hostname = "node7",
        .kernel_release = "6.18.44",
        .writer = "nstrail-capture 0.1.0",
    };
    struct nst_error err = {{0}};
    struct nst_writer *w;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        perror(path);
        exit(1);
    }
    memset(info.salt, (int)sequence + 1, sizeof(info.salt));
    check(nst_writer_open_salted(&w, fd, &info, &err), &err);
    nst_writer_clock(w, offset_ns);
    return w;
}

static struct nst_writer *open_capture(const char *path, uint32_t sequence)
{
    return open_at(path, sequence, TIME_OFFSET);
}

/* Of the journey that began at journey_ms. */
static void add_of(struct nst_writer *w, uint64_t journey_ms, uint64_t after_ms,
                   const struct nst_netns *netns, uint32_t ifindex, const char *device)
{
    const struct nst_probe probe = {NST_PROBE_RAW_TRACEPOINT, "net:netif_receive_skb"};
    struct nst_event event = {
        .ts_ns = START + after_ms * MS,
        .skb = 0xffff888000000100,
        .journey_id = 1 + journey_ms,
        .journey_ts_ns = START + journey_ms * MS,
        .journey_head = 0xffff888000000200,
        .netns = nst_writer_netns(w, netns),
        .netns_source = NST_NETNS_DEVICE,
        .task = NST_NONE,
        .drop_reason = NST_NONE,
        .stack = NST_NONE,
        .probe = nst_writer_probe(w, &probe),
        .len_bytes = sizeof(udp),
        .caplen_bytes = sizeof(udp),
        .packet = udp,
    };
    struct nst_error err = {{0}};

    event.device = nst_writer_device(w, &(struct nst_device){event.netns, ifindex, device});
    check(nst_writer_event(w, &event, &err), &err);
}

static void add(struct nst_writer *w, uint64_t after_ms, const struct nst_netns *netns,
                uint32_t ifindex, const char *device)
{
    add_of(w, after_ms, after_ms, netns, ifindex, device);
}

static void write_first(const char *path)
{
    struct nst_writer *w = open_capture(path, 0);
    struct nst_tables start_again = at_start;
    struct nst_error err = {{0}};

    check(nst_writer_tables(w, &at_start, &err), &err);
    add(w, 100, &web, 2, "eth0");
    add(w, 100, &host, 5, "veth1a");
    add(w, 101, &host, 6, "veth2b");
    add(w, 101, &cart, 2, "eth0");
    start_again.ts_ns = START + 1000 * MS;
    check(nst_writer_tables(w, &start_again, &err), &err);
    add(w, 2005, &flash, 1, "lo");
    add(w, 2700, &web, 2, "eth0");
    add(w, 2900, &web, 2, "eth0");
    check(nst_writer_tables(w, &at_change, &err), &err);
    add(w, 3300, &reborn, 1, "lo");
    check(nst_writer_tables(w, &change_again, &err), &err);
    add(w, 3400, &vile, 1, "lo");
    check(nst_writer_close(w, &at_end, &err), &err);
}

static void write_second(const char *path)
{
    struct nst_writer *w = open_capture(path, 1);
    struct nst_error err = {{0}};

    check(nst_writer_tables(w, &again, &err), &err);
    add(w, 5100, &reborn, 1, "lo");
    check(nst_writer_close(w, &later, &err), &err);
}

/* Without cookies. */
static const struct nst_netns old_host = {0, 4026531840}, reused = {0, 4026532300},
                              late = {0, 4026532310};

static const struct nst_known_netns old_namespaces[] = {
    {old_host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {reused, START, NST_STILL, 0, 4026531837, 0},
    {reused, START, START + 2000 * MS, 0, 4026531837, 0},
    {reused, START + 3000 * MS, NST_STILL, 0, 4026531837, 0},
    {reused, START + 3000 * MS, START + 5500 * MS, 0, 4026531837, 0},
    {reused, START + 6000 * MS, NST_STILL, 0, 4026531837, 0},
    {reused, START + 6000 * MS, START + 7000 * MS, 0, 4026531837, 0},
    {reused, START + 60000 * MS, NST_STILL, 0, 4026531837, 0},
    {late, START + 60000 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name old_names[] = {
    {reused, "/run/netns-of-old", START, NST_STILL, NST_PLACE_MOUNT},
    {reused, "/run/netns-of-old", START, START + 2000 * MS, NST_PLACE_MOUNT},
    {reused, "third", START + 6000 * MS, NST_STILL, NST_PLACE_NETNS},
    {reused, "third", START + 6000 * MS, START + 7000 * MS, NST_PLACE_NETNS},
    {reused, "fourth", START + 60000 * MS, NST_STILL, NST_PLACE_NETNS},
    {late, "late", START + 60000 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_process old_processes[] = {
    {reused, START + 3000 * MS, NST_STILL, 0, "young", NULL, NULL, NULL, 7002, 0, 0},
};
static const struct nst_container old_containers[] = {
    {.netns = reused, .first_ts_ns = START, .last_ts_ns = NST_STILL, .id = "01d"},
    {.netns = reused, .first_ts_ns = START, .last_ts_ns = START + 2000 * MS, .id = "01d"},
};
static const struct nst_tables old_at_start = {
    .ts_ns = START,
    .netns = old_namespaces,
    .netns_count = 2,
    .netns_names = old_names,
    .netns_names_count = 1,
    .containers = old_containers,
    .containers_count = 1,
};
static const struct nst_tables old_at_change = {
    .ts_ns = START + 3500 * MS,
    .netns = old_namespaces + 2,
    .netns_count = 2,
    .netns_names = old_names + 1,
    .netns_names_count = 1,
    .processes = old_processes,
    .processes_count = 1,
    .containers = old_containers + 1,
    .containers_count = 1,
};
static const struct nst_known_netns older_namespaces[] = {
    {old_host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {reused, START + 3000 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_tables older_at_start = {
    .ts_ns = START + 5000 * MS,
    .netns = older_namespaces,
    .netns_count = COUNT(older_namespaces),
};
static const struct nst_tables older_at_change = {
    .ts_ns = START + 6500 * MS,
    .netns = old_namespaces + 4,
    .netns_count = 2,
    .netns_names = old_names + 2,
    .netns_names_count = 1,
};
/* As a recorder that looks every two seconds has it. */
static const struct nst_tables older_missed = {
    .ts_ns = START + 9000 * MS,
    .netns = old_namespaces + 6,
    .netns_count = 1,
    .netns_names = old_names + 3,
    .netns_names_count = 1,
};
static const struct nst_tables older_at_end = {
    .ts_ns = START + 70000 * MS,
    .netns = old_namespaces + 7,
    .netns_count = 2,
    .netns_names = old_names + 4,
    .netns_names_count = 2,
};

/* All events of the first file in one block. */
static void write_old(const char *path, const char *next)
{
    struct nst_writer *w = open_capture(path, 10);
    struct nst_error err = {{0}};

    check(nst_writer_tables(w, &old_at_start, &err), &err);
    add(w, 1500, &reused, 1, "lo");
    add(w, 1900, &reused, 1, "lo");
    add(w, 2990, &reused, 1, "lo"); /* before it is seen */
    add(w, 3300, &reused, 1, "lo");
    add(w, 3310, &reused, 1, "lo");
    add(w, 3320, &old_host, 1, "lo");
    check(nst_writer_tables(w, &old_at_change, &err), &err);
    check(nst_writer_close(w, &(struct nst_tables){.ts_ns = START + 4000 * MS}, &err), &err);

    w = open_capture(next, 11);
    check(nst_writer_tables(w, &older_at_start, &err), &err);
    add(w, 5100, &reused, 1, "lo");
    add(w, 6200, &reused, 1, "lo");
    check(nst_writer_tables(w, &older_at_change, &err), &err);
    add(w, 10900, &reused, 1, "lo"); /* until it was missed */
    check(nst_writer_tables(w, &older_missed, &err), &err);
    add(w, 50000, &reused, 1, "lo");
    add(w, 50100, &late, 1, "lo");
    add(w, 56500, &reused, 1, "lo"); /* before it is seen */
    add(w, 61000, &reused, 1, "lo");
    add(w, 61100, &late, 1, "lo");
    check(nst_writer_close(w, &older_at_end, &err), &err);
}

static void write_killed(const char *path)
{
    struct nst_writer *w = open_capture(path, 20);
    struct nst_error err = {{0}};

    check(nst_writer_tables(w, &at_start, &err), &err);
    add(w, 9000, &web, 2, "eth0");
    check(nst_writer_close(w, NULL, &err), &err);
}

static void write_long(const char *path)
{
    static char text[NST_MAX_TEXT + 1];
    const struct nst_container longest[] = {
        {.netns = web, .first_ts_ns = START, .last_ts_ns = NST_STILL, .id = text, .name = text},
        {.netns = cart,
         .first_ts_ns = START,
         .last_ts_ns = NST_STILL,
         .id = "5e",
         .pod_namespace = text,
         .pod_name = text},
    };
    const struct nst_tables tables = {
        .ts_ns = START, .containers = longest, .containers_count = COUNT(longest)};
    struct nst_writer *w = open_capture(path, 2);
    struct nst_error err = {{0}};

    memset(text, 0xff, NST_MAX_TEXT);
    check(nst_writer_tables(w, &tables, &err), &err);
    add(w, 8100, &web, 2, "eth0");
    add(w, 8200, &cart, 2, "eth0");
    check(nst_writer_close(w, NULL, &err), &err);
}

static const struct nst_netns first_owner = {0x2001, 4026532501}, lost = {0x2002, 4026532502},
                              heir = {0x2003, 4026532503};

static const struct nst_known_netns taken_namespaces[] = {
    {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {first_owner, START, START + 2000 * MS, 0, 4026531837, NST_NETNS_GONE},
    {lost, START, START + 2000 * MS, 0, 4026531837, 0},
    {heir, START + 2400 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name taken_names[] = {
    {first_owner, "former", START, START + 2000 * MS, NST_PLACE_NETNS},
    {lost, "lost", START, START + 2000 * MS, NST_PLACE_NETNS},
    {heir, "heir", START + 2400 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_address taken_addresses[] = {
    {first_owner, START, START + 2000 * MS, 2, {4, {10, 88, 0, 2}}, 16},
    {lost, START, START + 2000 * MS, 2, {4, {10, 88, 0, 3}}, 16},
    {heir, START + 2410 * MS, NST_STILL, 2, {4, {10, 88, 0, 2}}, 16},
    {heir, START + 2410 * MS, NST_STILL, 2, {4, {10, 88, 0, 3}}, 16},
};
static const struct nst_tables taken = {
    .ts_ns = START + 3000 * MS,
    .netns = taken_namespaces,
    .netns_count = COUNT(taken_namespaces),
    .netns_names = taken_names,
    .netns_names_count = COUNT(taken_names),
    .addresses = taken_addresses,
    .addresses_count = COUNT(taken_addresses),
};

/* Events of the former ones after they were seen last, of the next before it was seen first. */
static void write_taken(const char *path)
{
    struct nst_writer *w = open_capture(path, 30);
    struct nst_error err = {{0}};

    add(w, 1500, &host, 5, "veth1a");
    add(w, 2100, &first_owner, 2, "eth0");
    add(w, 2110, &lost, 2, "eth0");
    add(w, 2150, &host, 5, "veth1a");
    add(w, 2390, &heir, 2, "eth0");
    add(w, 2450, &host, 5, "veth1a");
    check(nst_writer_tables(w, &taken, &err), &err);
    check(nst_writer_close(w, &at_end, &err), &err);
}

/* Of two tenants, each with one namespace that sends and one that receives. */
static const struct nst_netns red[] = {{0x3001, 4026532601}, {0x3002, 4026532602}},
                              blue[] = {{0x3003, 4026532603}, {0x3004, 4026532604}};

static const struct nst_known_netns tenants_namespaces[] = {
    {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {red[0], START, NST_STILL, 0, 4026531837, 0},
    {red[1], START, NST_STILL, 0, 4026531837, 0},
    {blue[0], START, NST_STILL, 0, 4026531837, 0},
    {blue[1], START, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name tenants_names[] = {
    {red[0], "red-a", START, NST_STILL, NST_PLACE_NETNS},
    {red[1], "red-b", START, NST_STILL, NST_PLACE_NETNS},
    {blue[0], "blue-a", START, NST_STILL, NST_PLACE_NETNS},
    {blue[1], "blue-b", START, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_address tenants_addresses[] = {
    {red[0], START, NST_STILL, 2, {4, {10, 88, 0, 2}}, 16},
    {red[1], START, NST_STILL, 2, {4, {10, 88, 0, 3}}, 16},
    {blue[0], START, NST_STILL, 2, {4, {10, 88, 0, 2}}, 16},
    {blue[1], START, NST_STILL, 2, {4, {10, 88, 0, 3}}, 16},
};
static const struct nst_tables tenants = {
    .ts_ns = START + 3000 * MS,
    .netns = tenants_namespaces,
    .netns_count = COUNT(tenants_namespaces),
    .netns_names = tenants_names,
    .netns_names_count = COUNT(tenants_names),
    .addresses = tenants_addresses,
    .addresses_count = COUNT(tenants_addresses),
};

/* A packet of each all the way, one more of red's that only the host saw, and one of blue's that
 * was seen there last. */
static void write_tenants(const char *path)
{
    struct nst_writer *w = open_capture(path, 40);
    struct nst_error err = {{0}};

    add_of(w, 100, 100, &red[0], 2, "eth0");
    add_of(w, 100, 105, &host, 5, "veth1a");
    add_of(w, 100, 110, &red[1], 2, "eth0");
    add_of(w, 200, 200, &blue[0], 2, "eth0");
    add_of(w, 200, 205, &host, 6, "veth2a");
    add_of(w, 200, 210, &blue[1], 2, "eth0");
    add(w, 300, &host, 5, "veth1a");
    add_of(w, 400, 400, &blue[0], 2, "eth0");
    add_of(w, 400, 405, &host, 6, "veth2a");
    check(nst_writer_tables(w, &tenants, &err), &err);
    check(nst_writer_close(w, &at_end, &err), &err);
}

static const struct nst_netns passing = {0x3101, 4026532701}, staying = {0x3102, 4026532702};

/* What one file has at its end was over before, as the next one says; but for a namespace that was
 * not seen for a while. */
static const struct nst_known_netns open_namespaces[] = {
    {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {passing, START + 100 * MS, NST_STILL, 0, 4026531837, 0},
    {staying, START + 100 * MS, START + 1000 * MS, 0, 4026531837, 0},
    {staying, START + 2000 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name open_names[] = {
    {passing, "passing", START + 100 * MS, NST_STILL, NST_PLACE_NETNS},
    {staying, "staying", START + 2000 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_process open_processes[] = {
    {passing, START + 200 * MS, NST_STILL, 7000000000, "sh", "/bin/sh", "/", NULL, 7001, 0, 0},
};
static const struct nst_container open_containers[] = {
    {.netns = passing, .first_ts_ns = START + 200 * MS, .last_ts_ns = NST_STILL, .id = "0e"},
};
static const struct nst_known_device open_devices[] = {
    {.netns = passing,
     .first_ts_ns = START + 200 * MS,
     .last_ts_ns = NST_STILL,
     .name = "eth0",
     .ifindex = 2,
     .mtu = 1500},
};
static const struct nst_address open_addresses[] = {
    {passing, START + 200 * MS, NST_STILL, 2, {4, {10, 88, 0, 9}}, 16},
};
static const struct nst_tables left_open = {
    .ts_ns = START + 4000 * MS,
    .netns = open_namespaces,
    .netns_count = COUNT(open_namespaces),
    .netns_names = open_names,
    .netns_names_count = COUNT(open_names),
    .processes = open_processes,
    .processes_count = COUNT(open_processes),
    .containers = open_containers,
    .containers_count = COUNT(open_containers),
    .devices = open_devices,
    .devices_count = COUNT(open_devices),
    .addresses = open_addresses,
    .addresses_count = COUNT(open_addresses),
};

static void write_rotated(const char *path, const char *next)
{
    const uint64_t over = START + 2500 * MS;
    struct nst_known_netns known[2] = {open_namespaces[0], open_namespaces[1]};
    struct nst_netns_name name = open_names[0];
    struct nst_process process = open_processes[0];
    struct nst_container container = open_containers[0];
    struct nst_known_device device = open_devices[0];
    struct nst_address address = open_addresses[0];
    const struct nst_tables known_over = {
        .ts_ns = START + 5000 * MS,
        .netns = known,
        .netns_count = COUNT(known),
        .netns_names = &name,
        .netns_names_count = 1,
        .processes = &process,
        .processes_count = 1,
        .containers = &container,
        .containers_count = 1,
        .devices = &device,
        .devices_count = 1,
        .addresses = &address,
        .addresses_count = 1,
    };
    struct nst_writer *w = open_capture(path, 50);
    struct nst_error err = {{0}};

    known[1].last_ts_ns = name.last_ts_ns = process.last_ts_ns = over;
    container.last_ts_ns = device.last_ts_ns = address.last_ts_ns = over;
    add(w, 2400, &passing, 2, "eth0");
    check(nst_writer_close(w, &left_open, &err), &err);

    w = open_capture(next, 51);
    add(w, 4100, &host, 5, "veth1a");
    check(nst_writer_close(w, &known_over, &err), &err);
}

static const struct nst_known_netns set_namespaces[] = {
    {host, START + 8000 * MS, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {passing, START + 8000 * MS, START + 8300 * MS, 0, 4026531837, NST_NETNS_GONE},
    {staying, START + 8900 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name set_names[] = {
    {passing, "before", START + 8000 * MS, START + 8300 * MS, NST_PLACE_NETNS},
    {staying, "after", START + 8910 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_process set_processes[] = {
    {staying, START + 8920 * MS, NST_STILL, START + 8905 * MS + ASLEEP, "sh", NULL, NULL, NULL,
     8001, 0, 0},
};

static struct nst_tables set_tables(uint64_t after_ms, const struct nst_counter *counter)
{
    return (struct nst_tables){
        .ts_ns = START + after_ms * MS,
        .netns = set_namespaces,
        .netns_count = COUNT(set_namespaces),
        .netns_names = set_names,
        .netns_names_count = COUNT(set_names),
        .processes = set_processes,
        .processes_count = COUNT(set_processes),
        .counters = counter,
        .counters_count = 1,
    };
}

/* The second and the last file were full before anybody had looked. */
static void write_silent(void)
{
    static const char *const paths[] = {"ring.nst0", "ring.nst1", "ring.nst2", "ring.nst3"};
    static const uint64_t begin_ms[] = {2400, 4400, 8400, 12400};
    const struct nst_tables still = {
        .ts_ns = START + 8700 * MS,
        .netns = open_namespaces + 3,
        .netns_count = 1,
        .netns_names = open_names + 1,
        .netns_names_count = 1,
    };
    const struct nst_tables silent[] = {{.ts_ns = START + 4700 * MS},
                                        {.ts_ns = START + 12700 * MS}};
    const struct nst_tables *const tables[] = {&left_open, &silent[0], &still, &silent[1]};
    struct nst_error err = {{0}};

    for (unsigned i = 0; i < COUNT(paths); i++) {
        struct nst_writer *w = open_capture(paths[i], 70 + i);

        add(w, begin_ms[i], i < 2 ? &passing : &staying, 2, "eth0");
        add(w, begin_ms[i] + 200, &staying, 2, "eth0");
        check(nst_writer_close(w, tables[i], &err), &err);
    }
}

/* Nothing happened. */
static void write_quiet(const char *path)
{
    struct nst_writer *w = open_capture(path, 80);
    struct nst_error err = {{0}};

    check(nst_writer_tables(w, &at_start, &err), &err);
    check(nst_writer_close(w, &at_end, &err), &err);
}

static void write_round(const char *path)
{
    static const uint32_t masters[] = {[2] = 4, [3] = 4, [4] = 3, [5] = 5, [6] = 0};
    struct nst_known_device ports[18];
    char ports_names[COUNT(ports)][NST_MAX_NAME];
    const struct nst_known_netns only = {host, START, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL};
    const struct nst_tables tables = {
        .ts_ns = START,
        .netns = &only,
        .netns_count = 1,
        .devices = ports,
        .devices_count = COUNT(ports),
    };
    struct nst_writer *w = open_capture(path, 100);
    struct nst_error err = {{0}};

    for (uint32_t i = 0; i < COUNT(ports); i++) {
        snprintf(ports_names[i], sizeof(ports_names[i]), "port%u", 1 + i);
        ports[i] = (struct nst_known_device){
            .netns = host,
            .first_ts_ns = START,
            .last_ts_ns = NST_STILL,
            .name = ports_names[i],
            .ifindex = 1 + i,
            .master = 1 + i < COUNT(masters) ? masters[1 + i] : i,
        };
    }
    check(nst_writer_tables(w, &tables, &err), &err);
    check(nst_writer_close(w, NULL, &err), &err);
}

#define HOUR (3600 * 1000 * (int64_t)MS)

/* Somebody sets the clock of another host, an hour on. Reading it is not exact. */
static void write_set(const char *path, const char *next)
{
    struct nst_counter counter = {.name = "lost.ring", .cpu = NST_NONE, .known = true};
    struct nst_tables tables = set_tables(8400, &counter);
    struct nst_writer *w = open_at(path, 62, TIME_OFFSET - HOUR);
    struct nst_error err = {{0}};

    tables.netns_count = 2;
    tables.netns_names_count = 1;
    tables.processes_count = 0;
    add(w, 8100, &passing, 1, "lo");
    check(nst_writer_tables(w, &tables, &err), &err);
    nst_writer_clock(w, TIME_OFFSET);
    add(w, 9000, &staying, 1, "lo");
    add(w, 9100, &late, 1, "lo");
    check(nst_writer_flush(w, &err), &err);
    nst_writer_clock(w, TIME_OFFSET + 7);
    counter.value = 3;
    tables = set_tables(9200, &counter);
    check(nst_writer_close(w, &tables, &err), &err);

    w = open_at(next, 63, TIME_OFFSET + 5);
    add(w, 12100, &staying, 1, "lo");
    tables = set_tables(12200, &counter);
    check(nst_writer_close(w, &tables, &err), &err);
}

static const struct nst_known_netns back_namespaces[] = {
    {host, START + 100 * MS, NST_STILL, 0, 4026531837, NST_NETNS_INITIAL},
    {passing, START + 100 * MS, START + 900 * MS, 0, 4026531837, NST_NETNS_GONE},
    {staying, START + 200 * MS, NST_STILL, 0, 4026531837, 0},
};
static const struct nst_netns_name back_names[] = {
    {passing, "before", START + 100 * MS, START + 900 * MS, NST_PLACE_NETNS},
    {staying, "across", START + 200 * MS, START + 2300 * MS, NST_PLACE_NETNS},
    {staying, "after", START + 2300 * MS, NST_STILL, NST_PLACE_NETNS},
};
static const struct nst_known_device back_devices[] = {
    {staying, START + 200 * MS, START + 800 * MS, "eth0", NULL, {0}, 0, 2, 0, 1500, 0x1043, 6, {0}},
    {staying, START + 1800 * MS, NST_STILL, "eth0", NULL, {0}, 0, 2, 0, 9000, 0x1043, 6, {0}},
};

static struct nst_tables back_tables(uint64_t after_ms)
{
    return (struct nst_tables){
        .ts_ns = START + after_ms * MS,
        .netns = back_namespaces,
        .netns_count = COUNT(back_namespaces),
        .netns_names = back_names,
        .netns_names_count = COUNT(back_names),
        .devices = back_devices,
        .devices_count = COUNT(back_devices),
    };
}

/* An hour, and two seconds between the files. Of late and of reused the inventory knows nothing. */
static void write_back(const char *path, const char *next)
{
    struct nst_tables tables = back_tables(2500);
    struct nst_writer *w = open_at(path, 90, TIME_OFFSET);
    struct nst_error err = {{0}};

    add(w, 300, &passing, 2, "eth0");
    add(w, 500, &staying, 2, "eth0");
    add(w, 650, &late, 2, "eth0");
    check(nst_writer_flush(w, &err), &err);
    nst_writer_clock(w, TIME_OFFSET - HOUR);
    add_of(w, 500, 2000, &staying, 2, "eth0");
    add(w, 2100, &late, 2, "eth0");
    add(w, 2200, &reused, 2, "eth0");
    add(w, 2450, &reused, 2, "eth0");
    check(nst_writer_close(w, &tables, &err), &err);

    w = open_at(next, 91, TIME_OFFSET - HOUR - 2000 * (int64_t)MS);
    add(w, 4100, &staying, 2, "eth0");
    add(w, 4300, &reused, 2, "eth0");
    tables = back_tables(4500);
    check(nst_writer_close(w, &tables, &err), &err);
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1]) < 0) {
        fputs("usage: make_inventory DIR\n", stderr);
        return 1;
    }
    write_first("first.nst");
    write_second("second.nst");
    write_old("old.nst", "older.nst");
    write_killed("killed.nst");
    write_taken("taken.nst");
    write_tenants("tenants.nst");
    write_long("long.nst");
    write_rotated("rotated.nst", "rotated-next.nst");
    write_silent();
    write_quiet("quiet.nst");
    write_round("round.nst");
    write_set("set.nst", "set-next.nst");
    write_back("back.nst", "back-next.nst");
    return 0;
}
