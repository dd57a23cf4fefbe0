/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_db.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/clock_rows.h"
#include "analyze/netns_words.h"

/* What all the queries begin with. */
#define HEAD "SELECT n.capture_id, coalesce(n.cookie, 0), n.inum, "
#define SPAN "x.first_mono_ns, x.last_mono_ns, "
#define FROM(name)                                                                                 \
    " FROM " name " x JOIN netns n ON n.id = x.netns_id ORDER BY x.first_mono_ns, x.id"

enum { COLUMN_REST = 5 }; /* after capture, cookie, inum, first, last */

/* The hosts of captures, by the captures' ids. */
struct captures {
    int64_t *ids;
    size_t *hosts;
    size_t count;
};

struct loading {
    const struct db *db;
    struct netns_report *report;
    struct captures captures;
};

/* NULL: it has none. */
static const char *text_at(sqlite3_stmt *s, int column)
{
    return (const char *)sqlite3_column_text(s, column);
}

/* Of a column that import never leaves empty: somebody else may have. */
static const char *some_text_at(sqlite3_stmt *s, int column)
{
    const char *text = text_at(s, column);

    return text ? text : "";
}

static uint64_t number_at(sqlite3_stmt *s, int column)
{
    return (uint64_t)sqlite3_column_int64(s, column);
}

static uint32_t number_or_none(sqlite3_stmt *s, int column)
{
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return NST_NONE;
    return (uint32_t)number_at(s, column);
}

static struct inventory_head head_at(sqlite3_stmt *s)
{
    return (struct inventory_head){
        .netns = {number_at(s, 1), (uint32_t)number_at(s, 2)},
        .first_ts_ns = number_at(s, 3),
        .last_ts_ns = number_at(s, 4),
    };
}

static size_t host_of(const struct captures *c, int64_t id)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->ids[i] == id)
            return c->hosts[i];
    return SIZE_MAX;
}

/* One row, and the tables that hold it alone. */
struct one {
    struct nst_tables tables;
    struct nst_known_netns netns;
    struct nst_netns_name name;
    struct nst_process process;
    struct nst_container container;
    struct nst_known_device device;
    struct nst_address address;
};

static void take_netns(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    one->netns = (struct nst_known_netns){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .owner_uid = number_or_none(s, COLUMN_REST + 2),
        .userns_inum = (uint32_t)number_at(s, COLUMN_REST + 3),
    };
    if (number_at(s, COLUMN_REST))
        one->netns.flags |= NST_NETNS_INITIAL;
    if (number_at(s, COLUMN_REST + 1))
        one->netns.flags |= NST_NETNS_GONE;
    one->tables.netns = &one->netns;
    one->tables.netns_count = 1;
}

static void take_name(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    const char *place = some_text_at(s, COLUMN_REST + 1);

    one->name = (struct nst_netns_name){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .name = some_text_at(s, COLUMN_REST),
        .place = !strcmp(place, "netns")   ? NST_PLACE_NETNS
                 : !strcmp(place, "mount") ? NST_PLACE_MOUNT
                                           : NST_PLACE_FD,
    };
    one->tables.netns_names = &one->name;
    one->tables.netns_names_count = 1;
}

static void take_process(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    one->process = (struct nst_process){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .pid = (uint32_t)number_at(s, COLUMN_REST),
        .start_ns = number_at(s, COLUMN_REST + 1),
        .comm = some_text_at(s, COLUMN_REST + 2),
        .exe = text_at(s, COLUMN_REST + 3),
        .uid = number_or_none(s, COLUMN_REST + 4),
        .cgroup = text_at(s, COLUMN_REST + 5),
        .cmdline = text_at(s, COLUMN_REST + 6),
    };
    if (number_at(s, COLUMN_REST + 7))
        one->process.flags |= NST_PROCESS_LEADER;
    if (number_at(s, COLUMN_REST + 8))
        one->process.flags |= NST_PROCESS_INIT;
    one->tables.processes = &one->process;
    one->tables.processes_count = 1;
}

static void take_container(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    one->container = (struct nst_container){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .id = some_text_at(s, COLUMN_REST),
        .runtime = text_at(s, COLUMN_REST + 1),
        .name = text_at(s, COLUMN_REST + 2),
        .image = text_at(s, COLUMN_REST + 3),
        .pod_namespace = text_at(s, COLUMN_REST + 4),
        .pod_name = text_at(s, COLUMN_REST + 5),
        .pod_uid = text_at(s, COLUMN_REST + 6),
        .pod_container = text_at(s, COLUMN_REST + 7),
        .pid = (uint32_t)number_at(s, COLUMN_REST + 8),
    };
    one->tables.containers = &one->container;
    one->tables.containers_count = 1;
}

/* "02:00:00:00:00:01" */
static struct nst_octets mac_of(const char *text)
{
    struct nst_octets mac = {0};
    unsigned byte;
    int length;

    while (text && mac.len < sizeof(mac.data) && sscanf(text, "%2x%n", &byte, &length) == 1) {
        mac.data[mac.len++] = (uint8_t)byte;
        text += length;
        text = *text == ':' ? text + 1 : NULL;
    }
    return mac;
}

static uint8_t operstate_of(const char *text)
{
    for (uint8_t state = 0; text && state < UINT8_MAX; state++) {
        const char *word = words_operstate(state);

        if (word && !strcmp(word, text))
            return state;
    }
    return 0;
}

static void take_device(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    one->device = (struct nst_known_device){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .ifindex = (uint32_t)number_at(s, COLUMN_REST),
        .name = some_text_at(s, COLUMN_REST + 1),
        .kind = text_at(s, COLUMN_REST + 2),
        .mac = mac_of(text_at(s, COLUMN_REST + 3)),
        .mtu = (uint32_t)number_at(s, COLUMN_REST + 4),
        .flags = (uint32_t)number_at(s, COLUMN_REST + 5),
        .operstate = operstate_of(text_at(s, COLUMN_REST + 6)),
        .master = (uint32_t)number_at(s, COLUMN_REST + 7),
        .link_netns = {number_at(s, COLUMN_REST + 8), (uint32_t)number_at(s, COLUMN_REST + 9)},
        .link_ifindex = (uint32_t)number_at(s, COLUMN_REST + 10),
    };
    one->tables.devices = &one->device;
    one->tables.devices_count = 1;
}

static void take_address(sqlite3_stmt *s, struct inventory_head head, struct one *one)
{
    bool is_ipv6 = number_at(s, COLUMN_REST + 1) == 6;

    one->address = (struct nst_address){
        .netns = head.netns,
        .first_ts_ns = head.first_ts_ns,
        .last_ts_ns = head.last_ts_ns,
        .ifindex = (uint32_t)number_at(s, COLUMN_REST),
        .prefix = (uint8_t)number_at(s, COLUMN_REST + 3),
    };
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, some_text_at(s, COLUMN_REST + 2),
                  one->address.address.data) == 1)
        one->address.address.len = is_ipv6 ? 16 : 4;
    one->tables.addresses = &one->address;
    one->tables.addresses_count = 1;
}

static const struct {
    const char *sql;
    void (*take)(sqlite3_stmt *s, struct inventory_head head, struct one *one);
} kinds[] = {
    {HEAD "n.first_mono_ns, n.last_mono_ns, initial, gone, owner_uid, userns_inum FROM netns n"
          " WHERE n.first_mono_ns IS NOT NULL ORDER BY n.first_mono_ns, n.id",
     take_netns},
    {HEAD SPAN "x.name, x.place" FROM("netns_name"), take_name},
    {HEAD SPAN "x.pid, x.start_boot_ns, comm, exe, uid, cgroup, cmdline, session_leader,"
               " pidns_init" FROM("process"),
     take_process},
    {HEAD SPAN "container_id, runtime, x.name, image, pod_namespace, pod_name, pod_uid,"
               " pod_container, pid" FROM("container"),
     take_container},
    {HEAD SPAN "d.ifindex, d.name, x.kind, x.mac, x.mtu, x.flags, x.state, x.master_ifindex,"
               " coalesce(l.cookie, 0), coalesce(l.inum, 0), x.link_ifindex"
               " FROM device_state x JOIN device d ON d.id = x.device_id"
               " JOIN netns n ON n.id = d.netns_id LEFT JOIN netns l ON l.id = x.link_netns_id"
               " ORDER BY x.first_mono_ns, x.id",
     take_device},
    {HEAD SPAN "x.ifindex, family, address, prefix" FROM("address"), take_address},
};

/* The older first, as their files are read. */
static const char captures_sql[] =
    "SELECT id, boot_id, hostname, (SELECT min(first_ts_ns) FROM file WHERE capture_id = c.id),"
    " (SELECT boottime_ns - monotonic_ns FROM file WHERE capture_id = c.id"
    "  AND boottime_ns <> monotonic_ns ORDER BY monotonic_ns LIMIT 1)"
    " FROM capture c ORDER BY (SELECT min(monotonic_ns) FROM file WHERE capture_id = c.id), id";

static int load_capture(struct loading *l, sqlite3_stmt *s)
{
    struct captures *c = &l->captures;
    uint8_t boot_id[16] = {0};
    struct report_host *h;
    size_t host;

    if (sqlite3_column_bytes(s, 1) == sizeof(boot_id))
        memcpy(boot_id, sqlite3_column_blob(s, 1), sizeof(boot_id));
    host = report_host(l->report, boot_id, text_at(s, 2));
    if (host == SIZE_MAX)
        return SQLITE_NOMEM;
    c->ids[c->count] = sqlite3_column_int64(s, 0);
    c->hosts[c->count++] = host;
    h = &l->report->hosts[host];
    if (sqlite3_column_type(s, 3) != SQLITE_NULL)
        report_host_events(l->report, host, number_at(s, 3));
    if (!h->inventory.asleep_ns)
        h->inventory.asleep_ns = number_at(s, 4);
    return SQLITE_OK;
}

static int load_captures(struct loading *l)
{
    struct captures *c = &l->captures;
    sqlite3_stmt *s;
    int64_t count;
    int code = db_integer(l->db, "SELECT count(*) FROM capture", &count);

    if (!code)
        code = db_prepare(l->db, captures_sql, &s);
    if (code)
        return code;
    c->ids = calloc((size_t)count + 1, sizeof(*c->ids));
    c->hosts = calloc((size_t)count + 1, sizeof(*c->hosts));
    if (!c->ids || !c->hosts)
        code = SQLITE_NOMEM;
    while (!code && c->count < (size_t)count && (code = sqlite3_step(s)) == SQLITE_ROW)
        code = load_capture(l, s);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int load_clocks(struct loading *l)
{
    sqlite3_stmt *s;
    int code = db_prepare(l->db,
                          "SELECT capture_id, mono_ns, offset_ns"
                          " FROM clock JOIN file ON file.id = file_id",
                          &s);

    if (code)
        return code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct anchor anchor = {
            .ts_ns = number_at(s, 1),
            .until_ns = UINT64_MAX,
            .offset_ns = sqlite3_column_int64(s, 2),
        };
        size_t host = host_of(&l->captures, sqlite3_column_int64(s, 0));

        if (host == SIZE_MAX || anchors_add(&l->report->hosts[host].anchors, &anchor))
            continue;
        code = SQLITE_NOMEM;
        break;
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int load_kind(struct loading *l, size_t kind)
{
    sqlite3_stmt *s;
    int code = db_prepare(l->db, kinds[kind].sql, &s);

    if (code)
        return code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct inventory_head head = head_at(s);
        size_t host = host_of(&l->captures, sqlite3_column_int64(s, 0));
        struct one one = {.tables.ts_ns = head.last_ts_ns};

        if (host == SIZE_MAX)
            continue;
        kinds[kind].take(s, head, &one);
        if (!inventory_learn(&l->report->hosts[host].inventory, &one.tables)) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* first_ts_ns: when it was seen first, 0: never. life_ns: which of those that were not it is, so
 * that it is none of those that were; 0: that is not known. */
static struct report_netns *find_counted(struct loading *l, unsigned host,
                                         const struct inventory_head *head, uint64_t life_ns,
                                         uint64_t first_ts_ns)
{
    if (life_ns)
        return report_find_life(l->report, host, &head->netns, life_ns, head->first_ts_ns);
    return report_find(l->report, host, &head->netns,
                       first_ts_ns ? first_ts_ns : head->first_ts_ns);
}

/* By the index alone, but for the first and the last event, which is quick; drops are few. */
static const char events_sql[] =
    "SELECT netns_id, count(*) AS events, sum(len_bytes) AS bytes,"
    " (SELECT " CLOCK_ROWS_EVENT_NS " FROM event e WHERE e.netns_id = x.netns_id"
    "  ORDER BY e.ts_ns LIMIT 1) AS first,"
    " (SELECT " CLOCK_ROWS_EVENT_NS " FROM event e WHERE e.netns_id = x.netns_id"
    "  ORDER BY e.ts_ns DESC LIMIT 1) AS last"
    " FROM event x WHERE netns_id IS NOT NULL GROUP BY netns_id";

/* Where a clock was set back, the event with the earliest time of day is not the first: all have to
 * be looked at. */
static const char set_back_sql[] =
    "SELECT netns_id, count(*) AS events, sum(len_bytes) AS bytes,"
    " min(" CLOCK_ROWS_EVENT_NS ") AS first, max(" CLOCK_ROWS_EVENT_NS ") AS last"
    " FROM event e WHERE netns_id IS NOT NULL GROUP BY netns_id";

static bool was_set_back(const struct netns_report *r)
{
    for (size_t i = 0; i < r->hosts_count; i++)
        if (anchors_set_back(&r->hosts[i].anchors))
            return true;
    return false;
}

static int prepare_count(const struct loading *l, sqlite3_stmt **s)
{
    char *sql = sqlite3_mprintf(
        HEAD "e.first, e.last, e.events, e.bytes, coalesce(d.drops, 0),"
             " CASE WHEN n.first_mono_ns IS NULL THEN n.life_mono_ns END, n.first_mono_ns"
             " FROM (%s) e JOIN netns n ON n.id = e.netns_id"
             " LEFT JOIN (SELECT netns_id, count(*) AS drops FROM event"
             "  WHERE drop_reason_id IS NOT NULL GROUP BY netns_id) d ON d.netns_id = n.id",
        was_set_back(l->report) ? set_back_sql : events_sql);
    int code = sql ? db_prepare(l->db, sql, s) : SQLITE_NOMEM;

    sqlite3_free(sql);
    return code;
}

/* The namespaces with their events. */
static int count_events(struct loading *l)
{
    int64_t base;
    sqlite3_stmt *s = NULL;
    int code = db_integer(
        l->db, "SELECT coalesce(min(first_ts_ns), min(realtime_ns), -1) FROM file", &base);

    if (!code)
        code = prepare_count(l, &s);
    if (code)
        return code;
    l->report->base_ns = (uint64_t)base;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct inventory_head head = head_at(s);
        size_t host = host_of(&l->captures, sqlite3_column_int64(s, 0));
        struct report_netns *n;

        if (host == SIZE_MAX)
            continue;
        n = find_counted(l, (unsigned)host, &head, number_at(s, COLUMN_REST + 3),
                         number_at(s, COLUMN_REST + 4));
        if (!n) {
            code = SQLITE_NOMEM;
            break;
        }
        report_count(n, head.first_ts_ns, number_at(s, COLUMN_REST), number_at(s, COLUMN_REST + 2),
                     number_at(s, COLUMN_REST + 1));
        report_count(n, head.last_ts_ns, 0, 0, 0);
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int netns_db_report(const struct db *db, struct netns_report *r)
{
    struct loading l = {.db = db, .report = r};
    int code = load_captures(&l);

    if (!code)
        code = load_clocks(&l);
    for (size_t i = 0; !code && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        code = load_kind(&l, i);
    if (!code && !report_fill(r))
        code = SQLITE_NOMEM;
    if (!code)
        code = count_events(&l);
    free(l.captures.ids);
    free(l.captures.hosts);
    return code;
}
