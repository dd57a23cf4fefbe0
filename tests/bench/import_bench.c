/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * import_bench NSTRAIL DIR [EVENTS [SEED]]: how fast `nstrail import` is against a bare prepared
 * insert of the same rows into the table event alone, how large its database is, and how long
 * questions to it take.
 *
 * The capture: packets of 20,000 flows, a few of them heavy, go from one of 64 namespaces through
 * a second, which routes them, to a third; 128 bytes, of which most payloads are random; one
 * packet in fifty is dropped. For the speed they have five events each; for the size and the
 * questions ten, as in what the targets for those were set by.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "format/nstrail.h"

#define NAMESPACES   64u
#define DEVICES_EACH 3u
#define FLOWS        20000u
#define PACKET_BYTES 128u
#define STEP_NS      2000u
#define PACKET_NS    3000u
#define ROUNDS       3
#define CPU_BITS     2u

extern char **environ;

static uint64_t seed = 1;

static uint32_t next_random(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct mix {
    struct nst_writer *writer;
    unsigned steps; /* events of a packet */
    uint32_t netns[NAMESPACES], devices[NAMESPACES][DEVICES_EACH];
    uint32_t tasks[8], probes[3], reasons[4];
};

static void define(struct mix *m)
{
    static const char *const symbols[] = {"net:net_dev_start_xmit", "net:netif_receive_skb",
                                          "skb:kfree_skb"};
    static const char *const reasons[] = {"NO_SOCKET", "NETFILTER_DROP", "TCP_OLD_DATA",
                                          "NOT_SPECIFIED"};
    char name[16];

    for (uint32_t i = 0; i < NAMESPACES; i++) {
        m->netns[i] = nst_writer_netns(
            m->writer, &(struct nst_netns){.cookie = 4096 + i, .inum = 4026532000u + i});
        for (uint32_t j = 0; j < DEVICES_EACH; j++) {
            snprintf(name, sizeof(name), "eth%" PRIu32, j);
            m->devices[i][j] =
                nst_writer_device(m->writer, &(struct nst_device){m->netns[i], j + 1, name});
        }
    }
    for (uint32_t i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "task%" PRIu32, i);
        m->tasks[i] = nst_writer_task(m->writer, &(struct nst_task){1000 + i, 1000 + i, name});
    }
    for (uint32_t i = 0; i < 3; i++)
        m->probes[i] =
            nst_writer_probe(m->writer, &(struct nst_probe){NST_PROBE_RAW_TRACEPOINT, symbols[i]});
    for (uint32_t i = 0; i < 4; i++)
        m->reasons[i] = nst_writer_drop_reason(
            m->writer, &(struct nst_drop_reason){.number = i + 2, .name = reasons[i]});
}

/* A frame of the flow: Ethernet, IPv4, UDP. */
static void fill_packet(uint8_t *bytes, uint32_t flow, uint32_t number)
{
    static const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 114};
    bool random = flow % 5 < 3;

    memset(bytes, 'x', PACKET_BYTES);
    memcpy(bytes, head, sizeof(head));
    bytes[18] = (uint8_t)(number >> 8);
    bytes[19] = (uint8_t)number;
    memcpy(bytes + 20, (uint8_t[]){0x40, 0, 64, 17, 0, 0, 10, 1}, 8);
    bytes[28] = (uint8_t)(flow >> 8);
    bytes[29] = (uint8_t)flow;
    memcpy(bytes + 30, (uint8_t[]){10, 2, 0, (uint8_t)(flow % 200)}, 4);
    bytes[34] = (uint8_t)(0x80 | flow >> 10);
    bytes[35] = (uint8_t)(flow >> 2);
    memcpy(bytes + 36, (uint8_t[]){0, 53, 0, 94}, 4);
    for (uint32_t i = 42; random && i < PACKET_BYTES; i++)
        bytes[i] = (uint8_t)next_random();
}

/* Few flows have most packets. */
static uint32_t draw_flow(void)
{
    double u = (double)next_random() / 4294967296.0;

    return (uint32_t)(pow(FLOWS, u) - 1);
}

static uint64_t journey_id(uint64_t number)
{
    /* As the recorder makes them: of the time since its start, and the CPU. */
    return (number * PACKET_NS + 1) << CPU_BITS | (number & ((1u << CPU_BITS) - 1));
}

static void put_packet(struct mix *m, uint64_t number, uint64_t events)
{
    uint64_t begin = 1000000000000 + number * PACKET_NS;
    uint32_t flow = draw_flow();
    bool dropped = next_random() % 50 == 0;
    uint8_t bytes[PACKET_BYTES];
    struct nst_error error;

    fill_packet(bytes, flow, (uint32_t)number);
    for (uint32_t i = 0; i < m->steps && number * m->steps + i < events; i++) {
        uint32_t place = (i + 1) * 3 / (m->steps + 1); /* 0, 1, 2: where it is by then */
        uint32_t netns = (flow + place * (1 + flow % 7)) % NAMESPACES;
        bool drop = dropped && i + 1 == m->steps;
        struct nst_event e = {
            .ts_ns = begin + i * STEP_NS,
            .skb = 0xffff888100000000u + number % 4096 * 256,
            .journey_id = journey_id(number),
            .journey_ts_ns = begin,
            .journey_head = 0xffff888200000000u + number % 4096 * 1024,
            .netns = m->netns[netns],
            .device = m->devices[netns][i % DEVICES_EACH],
            .task = m->tasks[flow % 8],
            .probe = m->probes[drop ? 2 : i & 1],
            .drop_reason = drop ? m->reasons[flow % 4] : NST_NONE,
            .stack = NST_NONE,
            .cpu = flow % 4,
            .rx_ifindex = place ? 1 : 0,
            .len_bytes = PACKET_BYTES,
            .caplen_bytes = PACKET_BYTES,
            .netns_source = NST_NETNS_DEVICE,
            .packet = bytes,
        };

        /* The router takes one from the time to live. */
        bytes[22] = place == 2 ? 63 : 64;
        if (nst_writer_event(m->writer, &e, &error) < 0)
            errx(1, "%s", error.text);
    }
}

static void make_capture(const char *path, uint64_t events, unsigned steps)
{
    const struct nst_file_info info = {
        .capture_id = {1},
        .snaplen = PACKET_BYTES,
        .cpus = 4,
        .monotonic_ns = 1000000000000,
        .realtime_ns = 1700000000000000000,
        .hostname = "bench",
        .writer = "import_bench",
    };
    struct mix m = {.steps = steps};
    struct nst_error error;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0)
        err(1, "%s", path);
    if (nst_writer_open(&m.writer, fd, &info, &error) < 0)
        errx(1, "%s: %s", path, error.text);
    define(&m);
    nst_writer_clock(m.writer, 1699999000000000000);
    for (uint64_t i = 0; i * steps < events; i++)
        put_packet(&m, i, events);
    if (nst_writer_close(m.writer, NULL, &error) < 0)
        errx(1, "%s: %s", path, error.text);
}

static sqlite3 *open_database(const char *path, int flags)
{
    sqlite3 *db;

    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        errx(1, "%s: %s", path, sqlite3_errmsg(db));
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        errx(1, "%s: %s", sql, sqlite3_errmsg(db));
}

static int64_t ask(sqlite3 *db, const char *sql, unsigned *rows)
{
    sqlite3_stmt *s;
    int64_t value = 0;

    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
        errx(1, "%s: %s", sql, sqlite3_errmsg(db));
    for (*rows = 0; sqlite3_step(s) == SQLITE_ROW; ++*rows)
        value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

#define EVENT_COLUMNS 15

/* All of the table, so that reading it is in nobody's time. */
static int64_t *load_events(const char *path, uint64_t *count)
{
    sqlite3 *db = open_database(path, SQLITE_OPEN_READONLY);
    unsigned rows;
    sqlite3_stmt *s;
    int64_t *values, *next;

    *count = (uint64_t)ask(db, "SELECT count(*) FROM event", &rows);
    values = next = malloc((*count * EVENT_COLUMNS + 1) * sizeof(*values));
    if (!values)
        err(1, "%" PRIu64 " events", *count);
    sqlite3_prepare_v2(db, "SELECT * FROM event", -1, &s, NULL);
    while (sqlite3_step(s) == SQLITE_ROW)
        for (int i = 0; i < EVENT_COLUMNS; i++)
            *next++ =
                sqlite3_column_type(s, i) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(s, i);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return values;
}

static double bare_seconds(const char *path, const int64_t *values, uint64_t count)
{
    sqlite3 *db = open_database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3_stmt *s;
    double begin;

    execute(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                "CREATE TABLE event(id INTEGER PRIMARY KEY, file_id INTEGER, ts_ns INTEGER,"
                " cpu INTEGER, probe_id INTEGER, netns_id INTEGER, netns_source INTEGER,"
                " device_id INTEGER, rx_ifindex INTEGER, journey_id INTEGER, packet_id INTEGER,"
                " task_id INTEGER, drop_reason_id INTEGER, len_bytes INTEGER,"
                " caplen_bytes INTEGER) STRICT");
    sqlite3_prepare_v2(db, "INSERT INTO event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       -1, &s, NULL);
    begin = now();
    execute(db, "BEGIN");
    for (uint64_t i = 0; i < count; i++) {
        for (int c = 0; c < EVENT_COLUMNS; c++, values++) {
            if (*values == INT64_MIN)
                sqlite3_bind_null(s, c + 1);
            else
                sqlite3_bind_int64(s, c + 1, *values);
        }
        sqlite3_step(s);
        sqlite3_reset(s);
    }
    execute(db, "COMMIT");
    begin = now() - begin;
    sqlite3_finalize(s);
    sqlite3_close(db);
    unlink(path);
    return begin;
}

static double import_seconds(const char *nstrail, const char *capture, const char *database)
{
    char *argv[] = {(char *)nstrail, "import", (char *)capture, "-d", (char *)database, NULL};
    double begin;
    pid_t pid;
    int status;

    unlink(database);
    begin = now();
    if (posix_spawnp(&pid, nstrail, NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) < 0 || status != 0)
        errx(1, "%s import failed", nstrail);
    return now() - begin;
}

static void figure(const char *name, double value, bool at_least, double target)
{
    bool good = at_least ? value >= target : value <= target;

    printf("%s: %.3f (target %s %g) %s\n", name, value, at_least ? ">=" : "<=", target,
           good ? "ok" : "MISSED");
}

/* The best of some: what the machine does beside is not the question. */
static void time_query(sqlite3 *db, const char *name, const char *sql, double target_ms)
{
    double best = HUGE_VAL;
    unsigned rows = 0;

    for (int i = 0; i < 5; i++) {
        double begin = now();

        ask(db, sql, &rows);
        if (now() - begin < best)
            best = now() - begin;
    }
    if (!rows)
        errx(1, "%s: no rows", name);
    figure(name, best * 1000, false, target_ms);
}

static void time_queries(const char *database, uint64_t events)
{
    sqlite3 *db = open_database(database, SQLITE_OPEN_READONLY);
    /* The targets are for 5 million; what grows with the capture has its part. */
    double part = (double)events / 5e6;
    char path[128];

    execute(db, "PRAGMA cache_size = -65536");
    time_query(db, "query, a namespace and a window of 1 ms, ms",
               "SELECT id, time, dev, src, dst FROM v_event WHERE netns = '4026532003'"
               " AND ts_ns BETWEEN 1700000000100000000 AND 1700000000101000000",
               10);
    snprintf(path, sizeof(path), "SELECT path, drop_reason FROM v_journey WHERE id = %" PRIu64,
             journey_id(events / 20));
    time_query(db, "query, one packet's path, ms", path, 1);
    snprintf(path, sizeof(path), "SELECT * FROM v_event WHERE journey_id = %" PRIu64,
             journey_id(events / 20));
    time_query(db, "query, one packet's events, ms", path, 1);
    time_query(db, "query, transition matrix, ms", "SELECT * FROM v_transition_summary",
               150 * part);
    time_query(db, "query, top drops, ms",
               "SELECT netns, drop_reason, drops FROM v_drop_summary ORDER BY drops DESC LIMIT 10",
               5 * part);
    sqlite3_close(db);
}

static double file_bytes(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        err(1, "%s", path);
    return (double)st.st_size;
}

static void measure_speed(const char *nstrail, const char *capture, const char *database,
                          const char *bare)
{
    double import = HUGE_VAL, insert = HUGE_VAL;
    uint64_t count;
    int64_t *values;

    import_seconds(nstrail, capture, database);
    values = load_events(database, &count);
    /* In turn, so that both see the same neighbours. */
    for (int i = 0; i < ROUNDS; i++) {
        insert = fmin(insert, bare_seconds(bare, values, count));
        import = fmin(import, import_seconds(nstrail, capture, database));
    }
    free(values);
    printf("import: %.0f of %" PRIu64 " events a second, bare insert: %.0f\n",
           (double)count / import, count, (double)count / insert);
    figure("import, events a second against a bare prepared insert", insert / import, true, 0.15);
}

int main(int argc, char **argv)
{
    char capture[4096], database[4096], bare[4096];
    uint64_t events = argc > 3 ? strtoull(argv[3], NULL, 0) : 1000000;

    if (argc < 3)
        errx(1, "usage: import_bench NSTRAIL DIR [EVENTS [SEED]]");
    if (argc > 4)
        seed = strtoull(argv[4], NULL, 0);
    snprintf(capture, sizeof(capture), "%s/bench.nst", argv[2]);
    snprintf(database, sizeof(database), "%s/bench.db", argv[2]);
    snprintf(bare, sizeof(bare), "%s/bare.db", argv[2]);
    make_capture(capture, events, 5);
    measure_speed(argv[1], capture, database, bare);
    make_capture(capture, events, 10);
    import_seconds(argv[1], capture, database);
    figure("import, bytes an event in the database", file_bytes(database) / (double)events, false,
           120);
    time_queries(database, events);
    unlink(capture);
    unlink(database);
    return 0;
}
