/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes the capture for export_bench.sh: 20 namespaces of 3 devices, 2,000 flows that differ
 * much in how often they come, each packet seen at 5 devices on its way, most payloads
 * random, 128 bytes of each packet.
 *
 *     export_capture FILE EVENTS
 */
#include "config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/be.h"
#include "format/nstrail.h"

#define NETNS    20
#define DEVICES  3 /* of each */
#define FLOWS    2000
#define TASKS    50
#define HOPS     5
#define CAPLEN   128
#define WIRE_LEN 574

static struct nst_error error;

static void die(const char *what)
{
    fprintf(stderr, "export_capture: %s: %s\n", what, error.text);
    exit(1);
}

/* xorshift64: the same numbers every time. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct recorder {
    struct nst_writer *w;
    uint32_t netns[NETNS], devices[NETNS][DEVICES], tasks[TASKS], probes[2], no_socket;
    uint64_t random;
};

static void fill_dictionaries(struct recorder *r)
{
    for (unsigned i = 0; i < NETNS; i++) {
        r->netns[i] = nst_writer_netns(r->w, &(struct nst_netns){0x1000 + i, 4026532100 + i});
        for (unsigned j = 0; j < DEVICES; j++) {
            char name[16];

            snprintf(name, sizeof(name), "eth%u", j);
            r->devices[i][j] =
                nst_writer_device(r->w, &(struct nst_device){r->netns[i], j + 2, name});
        }
    }
    for (unsigned i = 0; i < TASKS; i++) {
        char comm[16];

        snprintf(comm, sizeof(comm), "worker-%u", i % 7);
        r->tasks[i] = nst_writer_task(r->w, &(struct nst_task){1000 + i, 1000 + i, comm});
    }
    r->probes[0] = nst_writer_probe(
        r->w, &(struct nst_probe){NST_PROBE_RAW_TRACEPOINT, "net:net_dev_start_xmit"});
    r->probes[1] = nst_writer_probe(
        r->w, &(struct nst_probe){NST_PROBE_RAW_TRACEPOINT, "net:netif_receive_skb"});
    r->no_socket = nst_writer_drop_reason(r->w, &(struct nst_drop_reason){3, NULL, "NO_SOCKET"});
}

static void write_names(struct recorder *r)
{
    struct nst_netns_name names[NETNS];
    char text[NETNS][16];
    const struct nst_tables tables = {.ts_ns = 1, .netns_names = names, .netns_names_count = NETNS};

    for (unsigned i = 0; i < NETNS; i++) {
        snprintf(text[i], sizeof(text[i]), "service-%u", i);
        names[i] = (struct nst_netns_name){{0x1000 + i, 4026532100 + i}, text[i], 1, 1};
    }
    if (nst_writer_tables(r->w, &tables, &error) < 0)
        die("tables");
}

/* Ethernet, IPv4, TCP of a flow. */
static void make_packet(struct recorder *r, uint64_t id, uint8_t *p)
{
    uint64_t x = next_random(&r->random) % FLOWS;
    unsigned flow = (unsigned)(x * x / FLOWS);

    for (unsigned i = 0; i < CAPLEN; i += 8) {
        uint64_t payload = flow % 5 < 3 ? next_random(&r->random) : flow;

        memcpy(p + i, &payload, 8);
    }
    memset(p, 2, 12);
    put_be16(p + 12, 0x0800);
    p[14] = 0x45;
    p[15] = 0;
    put_be16(p + 16, WIRE_LEN - 14);
    put_be16(p + 18, (uint16_t)id);
    put_be16(p + 20, 0x4000);
    p[22] = 64;
    p[23] = 6;
    put_be16(p + 26, 0x0a00);
    put_be16(p + 28, (uint16_t)flow);
    put_be16(p + 30, 0x0a01);
    put_be16(p + 32, (uint16_t)(flow * 7));
    put_be16(p + 34, (uint16_t)(flow + 32768));
    put_be16(p + 36, 443);
    put_be16(p + 46, 0x5018);
}

/* The hops of one packet: out of a namespace, into the next, and so on; one in a hundred is
 * dropped there. */
static void record_packet(struct recorder *r, uint64_t id, uint64_t *ts_ns)
{
    uint8_t packet[CAPLEN];
    uint64_t first = *ts_ns, way = next_random(&r->random);

    make_packet(r, id, packet);
    for (unsigned hop = 0; hop < HOPS; hop++) {
        unsigned netns = (unsigned)(way / 8 + (hop + 1) / 2) % NETNS;
        struct nst_event event = {
            .ts_ns = *ts_ns += 100 + way % 400,
            .skb = 0xffff888000000000 + id % 4096 * 256,
            .journey_id = id,
            .journey_ts_ns = first,
            .journey_head = 0xffff888100000000 + id % 4096 * 1024,
            .netns = r->netns[netns],
            .device = r->devices[netns][hop % DEVICES],
            .task = r->tasks[way / 64 % TASKS],
            .probe = r->probes[hop % 2],
            .drop_reason = hop == HOPS - 1 && way % 100 == 0 ? r->no_socket : NST_NONE,
            .cpu = (uint32_t)(way >> 40 & 1),
            .rx_ifindex = hop % 2 ? hop % DEVICES + 2 : 0,
            .len_bytes = WIRE_LEN,
            .caplen_bytes = CAPLEN,
            .netns_source = NST_NETNS_DEVICE,
            .packet = packet,
        };

        if (nst_writer_event(r->w, &event, &error) < 0)
            die("event");
    }
}

int main(int argc, char **argv)
{
    struct nst_file_info info = {
        .capture_id = {1},
        .boot_id = {1},
        .snaplen = CAPLEN,
        .cpus = 2,
        .realtime_ns = 1700000000000000000,
        .hostname = "bench",
        .writer = "export_capture",
    };
    struct recorder r = {.random = 88172645463325252};
    struct nst_writer_stats stats = {0};
    uint64_t ts_ns = 1000, events;
    int fd;

    if (argc != 3)
        return 2;
    events = strtoull(argv[2], NULL, 10);
    fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || nst_writer_open(&r.w, fd, &info, &error) < 0)
        die(argv[1]);
    nst_writer_clock(r.w, 1700000000000000000);
    fill_dictionaries(&r);
    write_names(&r);
    for (uint64_t id = 1; stats.events < events; id++) {
        record_packet(&r, id, &ts_ns);
        nst_writer_stats(r.w, &stats);
    }
    if (nst_writer_close(r.w, NULL, &error) < 0)
        die(argv[1]);
    return 0;
}
