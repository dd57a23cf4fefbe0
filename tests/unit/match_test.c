/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which events of a block the filter options pick. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/filter.h"
#include "analyze/match.h"
#include "analyze/message.h"
#include "analyze/options.h"
#include "tests/unit/tap.h"

#define START_NS  UINT64_C(1000000000)         /* CLOCK_MONOTONIC of the first event */
#define OFFSET_NS INT64_C(1700000000000000000) /* of the time of day */

static struct tap tap;

/* An IPv4 header and a UDP one, to port 53. */
static const uint8_t udp[] = {0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
                              0,    1, 10, 0,  0, 2, 1, 0, 0,  53, 0, 8, 0,  0};
static const uint8_t udp_ethernet[] = {2,    0, 0,  0,  0, 1, 2, 0, 0,  0,  0, 2, 8,  0,
                                       0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
                                       0,    1, 10, 0,  0, 2, 1, 0, 0,  53, 0, 8, 0,  0};

static const struct nst_netns netns[] = {{.cookie = 0x1001, .inum = 4026532001},
                                         {.inum = 4026532002},
                                         {.cookie = 3, .inum = 4026532003}};
static const struct nst_device devices[] = {{0, 2, "eth0"}, {1, 2, "veth*"}, {1, 3, "vethb"}};
static const struct nst_probe probes[] = {{NST_PROBE_RAW_TRACEPOINT, "net:netif_receive_skb"},
                                          {NST_PROBE_RAW_TRACEPOINT, "skb:kfree_skb"},
                                          {NST_PROBE_KPROBE, "ip_rcv"}};
static const struct nst_drop_reason drop_reasons[] = {
    {3, NULL, "NO_SOCKET"}, {0x30001, "openvswitch", "OVS_DROP_LAST_ACTION"}, {77, NULL, NULL}};

static const struct nst_event events[] = {
    {.ts_ns = START_NS,
     .journey_id = 1,
     .journey_ts_ns = 0x6a8,
     .journey_head = 0xffff888000980000,
     .netns = 0,
     .device = 0,
     .probe = 0,
     .drop_reason = NST_NONE,
     .packet = udp_ethernet,
     .len_bytes = sizeof(udp_ethernet),
     .caplen_bytes = sizeof(udp_ethernet)},
    {.ts_ns = START_NS + 1000,
     .journey_id = 2,
     .netns = 1,
     .device = 1,
     .probe = 2,
     .drop_reason = NST_NONE,
     .packet = udp,
     .len_bytes = sizeof(udp),
     .caplen_bytes = sizeof(udp),
     .flags = NST_EVENT_L3},
    {.ts_ns = START_NS + 2000,
     .journey_id = 2,
     .netns = 1,
     .device = 2,
     .probe = 1,
     .drop_reason = 0},
    {.ts_ns = START_NS + 3000, .netns = NST_NONE, .device = NST_NONE, .probe = 1, .drop_reason = 1},
    {.ts_ns = START_NS + 4000, .netns = 2, .device = NST_NONE, .probe = 1, .drop_reason = 2},
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

static const struct nst_block block = {
    .info = {.type = NST_BLOCK_EVENTS,
             .events = EVENTS,
             .first_ts_ns = START_NS,
             .last_ts_ns = START_NS + 4000,
             .realtime_offset_ns = OFFSET_NS},
    .netns = netns,
    .netns_count = 3,
    .devices = devices,
    .devices_count = 3,
    .probes = probes,
    .probes_count = 3,
    .drop_reasons = drop_reasons,
    .drop_reasons_count = 3,
    .events = events,
};

static const struct nst_netns_name names[] = {{.netns = {.inum = 4026532001}, .name = "web"},
                                              {.netns = {3, 4026532003}, .name = "db"}};
static const struct nst_tables tables = {.netns_names = names, .netns_names_count = 2};

/* Namespace 1 has no cookie, and its inum comes back for another between events b and c. */
#define REUSED_NS (START_NS + 1500)
static const struct nst_known_netns known[] = {
    {.netns = {0x1001, 4026532001},
     .first_ts_ns = 1,
     .last_ts_ns = NST_STILL,
     .flags = NST_NETNS_INITIAL},
    {.netns = {0, 4026532002}, .first_ts_ns = 1, .last_ts_ns = REUSED_NS - 10},
    {.netns = {0, 4026532002}, .first_ts_ns = REUSED_NS, .last_ts_ns = NST_STILL},
    {.netns = {3, 4026532003}, .first_ts_ns = 1, .last_ts_ns = NST_STILL},
};
static const struct nst_netns_name placed[] = {
    {{0x1001, 4026532001}, "moved", START_NS - 10, START_NS + 10, NST_PLACE_NETNS},
    {{3, 4026532003}, "moved", START_NS + 2000000000, NST_STILL, NST_PLACE_NETNS},
    {{0x1001, 4026532001}, "before", START_NS - 900, START_NS - 500, NST_PLACE_NETNS},
    {{3, 4026532003}, "/var/lib/x", START_NS, NST_STILL, NST_PLACE_MOUNT},
    {{3, 4026532003}, "/run/netns/far", START_NS, NST_STILL, NST_PLACE_MOUNT},
    {{0x1001, 4026532001}, "/run/netns/deep/down", START_NS, NST_STILL, NST_PLACE_MOUNT},
};
static const struct nst_process processes[] = {
    {.netns = {0, 4026532002}, .pid = 7, .first_ts_ns = START_NS + 200, .last_ts_ns = REUSED_NS},
    {.netns = {0, 4026532002}, .pid = 8, .first_ts_ns = REUSED_NS + 600, .last_ts_ns = NST_STILL},
};
static const struct nst_container containers[] = {
    {.netns = {0x1001, 4026532001}, .id = "4f00aa", .name = "web1", .last_ts_ns = NST_STILL},
    {.netns = {3, 4026532003},
     .id = "4f11bb",
     .name = "4f0",
     .pod_namespace = "kube-system",
     .pod_name = "dns-7",
     .pod_container = "dns",
     .last_ts_ns = NST_STILL},
};
static const struct nst_tables inventory_tables = {.ts_ns = START_NS + 5000,
                                                   .netns_names = placed,
                                                   .netns_names_count = 6,
                                                   .netns = known,
                                                   .netns_count = 4,
                                                   .processes = processes,
                                                   .processes_count = 2,
                                                   .containers = containers,
                                                   .containers_count = 2};
static const struct nst_tables *learnt = &tables;

/* What a source does with all of its tables. */
static bool learn(struct matcher *m, struct inventory *inv, const struct nst_tables *t)
{
    return inventory_learn(inv, t) && inventory_sort(inv) && match_learn(m, inv);
}

static int letter_of(const char *name)
{
    const struct option_spec *spec = filter_options;

    while (strcmp(spec->name, name))
        spec++;
    return spec->letter;
}

/* "--netns web --drop": the options of a command line. NULL: refused. */
static struct filter *parse(char *line)
{
    struct filter *f = filter_new();

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');

        if (value)
            *value++ = '\0';
        if (filter_option(f, letter_of(word + 2), value) == STATUS_OK)
            continue;
        filter_free(f);
        return NULL;
    }
    return f;
}

/* Its journeys with an event that meets the criteria. */
static void follow(struct matcher *m, struct journey_set *chosen)
{
    for (size_t i = 0; i < EVENTS; i++)
        if (events[i].journey_id && match_event(m, &block, &events[i]) &&
            match_packet(m, &events[i]) && !journey_set_add(chosen, events[i].journey_id))
            exit(99);
    match_follow(m, chosen);
}

/* picked: a letter for each event that matches, '-' for the others. */
static void pick(const struct filter *f, char picked[EVENTS + 1])
{
    struct journey_set chosen = {0};
    struct inventory inv = {0};
    struct matcher m;

    memset(picked, '-', EVENTS);
    picked[EVENTS] = '\0';
    if (!match_init(&m, f) || !learn(&m, &inv, learnt))
        exit(99);
    match_window(&m, START_NS + OFFSET_NS, START_NS + OFFSET_NS + 4000);
    if (match_prepare(&m, &block) == 1 && filter_follows(f))
        follow(&m, &chosen);
    if (match_prepare(&m, &block) == 1)
        for (size_t i = 0; i < EVENTS; i++)
            if (match_event(&m, &block, &events[i]) && match_packet(&m, &events[i]))
                picked[i] = (char)('a' + i);
    match_free(&m);
    journey_set_free(&chosen);
    inventory_free(&inv);
}

static void check(const char *options, const char *expected)
{
    char line[256], picked[16] = "refused";
    struct filter *f;

    snprintf(line, sizeof(line), "%s", options);
    f = parse(line);
    if (f)
        pick(f, picked);
    filter_free(f);
    if (!tap_ok(&tap, !strcmp(picked, expected), options))
        printf("# got %s, expected %s\n", picked, expected);
}

static void test_netns(void)
{
    check("", "abcde");
    check("--netns=4026532001", "a----");
    check("--netns=4026532001 --netns=4026532002", "abc--");
    check("--netns=!4026532002", "a--de");
    check("--netns=!4026532002 --netns=!db", "a--d-");
    check("--netns=0x1001", "a----");
    check("--netns=0x3", "----e");
    check("--netns=0x0", "refused");
    check("--netns=web", "a----");
    check("--netns=name:db", "----e");
    check("--netns=!web", "-bcde");
    check("--netns=w*", "a----");
    check("--netns=?*b", "a---e");
    check("--netns=!name:d?", "abcd-");
    check("--netns=W*", "-----");
    check("--netns=web --netns=!0x1001", "-----");
}

static void test_inventory(void)
{
    learnt = &inventory_tables;
    check("--netns=host", "a----");
    check("--netns=pid:7", "-b---");
    check("--netns=/proc/8/ns/net", "--c--");
    check("--netns=!pid:7", "a-cde");
    check("--netns=pid:7 --netns=pid:8", "-bc--");
    check("--netns=moved", "a----");
    check("--netns=before", "-----");
    check("--netns=m*d", "a----");
    check("--netns=/var/lib/*", "-----");
    check("--netns=/var/lib/x", "----e");
    check("--netns=name:/var/lib/x", "refused");
    check("--netns=/run/netns/far", "----e");
    check("--netns=f?r", "----e");
    check("--netns=deep*", "-----");
    check("--netns=container:web1", "a----");
    check("--netns=container:4f00", "a----");
    check("--netns=container:4f0", "----e");
    check("--netns=container:4f11bb --netns=host", "a---e");
    check("--netns=container:dns", "----e");
    check("--netns=container:web", "-----");
    check("--netns=container:web?", "a----");
    check("--netns=pod:kube-system/dns-7", "----e");
    check("--netns=!pod:kube-system/dns-7", "abcd-");
    check("--netns=pod:default/dns-7", "-----");
    check("--netns=pod:*-system/d*", "----e");
    check("--netns=pod:*7", "refused");
    check("--netns=pod:dns-7", "refused");
    learnt = &tables;
}

static void test_names(void)
{
    check("--dev=eth0", "a----");
    check("--dev=veth*", "-bc--");
    check("--dev=vethb", "--c--");
    check("--dev=eth", "-----");
    check("--probe=net:netif_receive_skb", "a----");
    check("--probe=netif_receive_skb", "a----");
    check("--probe=skb:*", "--cde");
    check("--probe=ip_*", "-b---");
    check("--probe=kprobe:ip_rcv", "-b---");
    check("--probe=kprobe:*", "-b---");
    check("--probe=tp:net:*", "a----");
    check("--probe=fentry:ip_rcv", "-----");
    check("--probe=netif", "-----");
    check("--dev=vethb --probe=skb:kfree_skb", "--c--");
    check("--dev=eth0 --probe=skb:kfree_skb", "-----");
}

static void test_drops(void)
{
    check("--drop", "--cde");
    check("--drop=NO_SOCKET", "--c--");
    check("--drop=no_socket", "--c--");
    check("--drop=SKB_DROP_REASON_NO_SOCKET", "--c--");
    check("--drop=OVS_DROP_LAST_ACTION", "---d-");
    check("--drop=openvswitch/ovs_drop_last_action", "---d-");
    check("--drop=openvswitch/*", "---d-");
    check("--drop=mac80211/*", "-----");
    check("--drop=77", "----e");
    check("--drop=NO_SOCKET --drop=77", "--c-e");
    check("--drop=NO_SOCKET --drop", "--cde");
}

static void test_times(void)
{
    check("--since=+0.000002", "--cde");
    check("--until=+0.000002", "ab---");
    check("--since=1700000001.000001 --until=1700000001.000003", "-bc--");
    check("--since=2023-11-14T22:13:21.000004Z", "----e");
    check("--until=+99999999999", "refused");
    check("--until=+9999999999", "abcde");
    check("--until=+1 --until=+2", "refused");
    check("--since=+2 --until=+1", "-----");
    check("--since=+0.002ms", "--cde");
    check("--since=-0.002ms", "--cde");
    check("--until=-0.000002", "ab---");
    check("--since=-0", "----e");
    check("--since=-1h --until=-0.003ms", "a----");
    check("--since=-100000d", "abcde");
    check("--since=start --until=end", "abcde");
    check("--until=start", "-----");
    check("--since=end", "-----");
}

static void test_track(void)
{
    check("--track=2", "-bc--");
    check("--track=0x2", "-bc--");
    check("--track=0", "-----");
    check("--track=1 --track=0x2", "abc--");
    check("--track=#6a8ffff888000980000 --track=2", "abc--");
    check("--track=#6a8ffff888000980000", "a----");
    check("--track=#6a9ffff888000980000", "-----");
    check("--track=#6a8", "refused");
    check("--track=x", "refused");
    check("--track=1x", "refused");
    check("--track=", "refused");
}

static void test_packets(void)
{
    check("--filter=udp", "ab---");
    check("--filter=port&&53", "refused");
    check("--filter=tcp", "-----");
    check("--filter=ip[9]==17", "ab---");
    /* What no L3 packet can answer is asked of L2 ones alone, or of a header of zeros. */
    check("--filter=ether[0]==2", "a----");
    check("--filter=greater(43)", "refused");
    check("--filter=len>=42", "a----");
}

/* The options choose packets; times hold for what is shown of them, too. */
static void test_follow(void)
{
    check("--follow", "abcde");
    check("--follow --dev=veth[*]", "-bc--");
    check("--follow --drop", "-bcde");
    check("--follow --drop=77", "----e");
    check("--follow --netns=4026532002", "-bc--");
    check("--follow --filter=udp", "abc--");
    check("--follow --filter=udp --probe=skb:*", "-----");
    check("--follow --track=2 --drop", "-bc--");
    check("--follow --track=1 --drop", "-----");
    check("--follow --since=+0.000002", "--cde");
    check("--follow --drop --since=+0.000002", "--cde");
    check("--follow --filter=udp --until=+0.000002", "ab---");
    check("--follow --drop=NO_SOCKET --until=+0.000002", "-----");
}

static bool block_matches(const char *options, const struct nst_block_info *info)
{
    static const struct journey_set none;
    char line[256];
    struct inventory inv = {0};
    struct filter *f;
    struct matcher m;
    bool matches;

    snprintf(line, sizeof(line), "%s", options);
    f = parse(line);
    if (!f || !match_init(&m, f) || !learn(&m, &inv, learnt))
        exit(99);
    match_window(&m, START_NS + OFFSET_NS, START_NS + OFFSET_NS + 4000);
    if (filter_follows(f))
        match_follow(&m, &none);
    matches = match_block(&m, info);
    match_free(&m);
    inventory_free(&inv);
    filter_free(f);
    return matches;
}

/* A block is passed over by its header alone only where nothing in it can match. */
static void test_blocks(void)
{
    struct nst_block_info info = block.info;
    unsigned bit = nst_netns_bit(4026532001);

    info.netns_bits[bit / 64] = UINT64_C(1) << bit % 64;
    info.probe_bits = UINT64_C(1) << nst_probe_bit(NST_PROBE_RAW_TRACEPOINT, "skb:kfree_skb");
    tap_ok(&tap, block_matches("", &info), "block: no options");
    tap_ok(&tap, block_matches("--netns=4026532001", &info), "block: its namespace");
    tap_ok(&tap, !block_matches("--netns=4026532002", &info), "block: another namespace");
    tap_ok(&tap, block_matches("--netns=web", &info), "block: its namespace by name");
    tap_ok(&tap, !block_matches("--netns=db", &info), "block: another by name");
    tap_ok(&tap, block_matches("--netns=0x77", &info), "block: a cookie not seen yet");
    tap_ok(&tap, block_matches("--netns=!4026532001", &info), "block: exclusion skips nothing");
    tap_ok(&tap, block_matches("--probe=skb:kfree_skb", &info), "block: its probe");
    tap_ok(&tap, !block_matches("--probe=net:netif_receive_skb", &info), "block: another probe");
    tap_ok(&tap, block_matches("--probe=netif_receive_skb", &info), "block: a name without group");
    tap_ok(&tap, block_matches("--probe=net:*", &info), "block: a pattern");
    tap_ok(&tap, !block_matches("--since=+1", &info), "block: before the time");
    tap_ok(&tap, !block_matches("--until=1700000001", &info), "block: at the end of the time");
    tap_ok(&tap, block_matches("--until=1700000001.000000001", &info), "block: its first event");
    tap_ok(&tap, block_matches("--since=+0.000004", &info), "block: its last event");
    tap_ok(&tap, block_matches("--follow --netns=4026532002", &info),
           "block: perhaps with packets from another namespace");
    tap_ok(&tap, block_matches("--follow --probe=net:netif_receive_skb", &info),
           "block: perhaps with packets from another probe");
    tap_ok(&tap, !block_matches("--follow --netns=4026532001 --since=+1", &info),
           "block: before the time, whatever packets it has");
}

/* A pid that one process after the other had: who looks at all of them for each, and again for each
 * of those, is not done before the alarm. */
static void test_reused_pid(void)
{
    enum { ROWS = 10000 };
    struct nst_process *rows = calloc(ROWS, sizeof(*rows));
    const struct nst_tables many = {
        .ts_ns = START_NS + 5000, .processes = rows, .processes_count = ROWS};

    if (!rows)
        exit(99);
    for (unsigned i = 0; i < ROWS; i++)
        rows[i] = (struct nst_process){
            .netns = {3, 4026532003},
            .pid = 7,
            .start_ns = 1000 + 10 * i,
            .first_ts_ns = 1000 + 10 * i,
            .last_ts_ns = i + 1 < ROWS ? 1010 + 10 * i : NST_STILL,
        };
    learnt = &many;
    alarm(30);
    check("--netns=pid:7", "----e");
    check("--netns=!pid:7", "abcd-");
    alarm(0);
    learnt = &tables;
    free(rows);
}

int main(void)
{
    test_netns();
    test_inventory();
    test_names();
    test_drops();
    test_times();
    test_track();
    test_packets();
    test_follow();
    test_blocks();
    test_reused_pid();
    return tap_done(&tap);
}
