/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_db.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/clock_rows.h"
#include "analyze/netns_db_rows.h"

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

static size_t host_of(const struct captures *c, int64_t id)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->ids[i] == id)
            return c->hosts[i];
    return SIZE_MAX;
}

/* The older ones first, as their files would be read. */
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

static int load_kind(struct loading *l, const struct netns_db_kind *kind)
{
    sqlite3_stmt *s;
    int code = db_prepare(l->db, kind->sql, &s);

    if (code)
        return code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const struct inventory_head head = netns_db_head(s);
        size_t host = host_of(&l->captures, sqlite3_column_int64(s, COLUMN_CAPTURE));
        struct netns_db_row row = {.tables.ts_ns = head.last_ts_ns};

        if (host == SIZE_MAX)
            continue;
        kind->take(s, head, &row);
        if (!inventory_learn(&l->report->hosts[host].inventory, &row.tables)) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The namespace of a row with counts. first_ts_ns: when the inventory saw it first; 0: it did not,
 * and life_ns tells which life of its inum it was, if that is known (0: not). */
static struct report_netns *find_counted(struct loading *l, unsigned host,
                                         const struct inventory_head *head, uint64_t life_ns,
                                         uint64_t first_ts_ns)
{
    if (life_ns)
        return report_find_life(l->report, host, &head->netns, life_ns, head->first_ts_ns);
    return report_find(l->report, host, &head->netns,
                       first_ts_ns ? first_ts_ns : head->first_ts_ns);
}

/* Counts by the index alone. Only the first and the last event are looked up in the table. */
static const char events_sql[] =
    "SELECT netns_id, count(*) AS events, sum(len_bytes) AS bytes,"
    " (SELECT " CLOCK_ROWS_EVENT_NS " FROM event e WHERE e.netns_id = x.netns_id"
    "  ORDER BY e.ts_ns LIMIT 1) AS first,"
    " (SELECT " CLOCK_ROWS_EVENT_NS " FROM event e WHERE e.netns_id = x.netns_id"
    "  ORDER BY e.ts_ns DESC LIMIT 1) AS last"
    " FROM event x WHERE netns_id IS NOT NULL GROUP BY netns_id";

/* If a clock was set back, the event with the earliest time of day may not be the first: all events
 * are looked at. */
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
        NETNS_DB_HEAD
        "e.first, e.last, e.events, e.bytes, coalesce(d.drops, 0),"
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
        const struct inventory_head head = netns_db_head(s);
        size_t host = host_of(&l->captures, sqlite3_column_int64(s, COLUMN_CAPTURE));
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
    for (size_t i = 0; !code && i < NETNS_DB_KINDS; i++)
        code = load_kind(&l, &netns_db_kinds[i]);
    if (!code && !report_fill(r))
        code = SQLITE_NOMEM;
    if (!code)
        code = count_events(&l);
    free(l.captures.ids);
    free(l.captures.hosts);
    return code;
}
