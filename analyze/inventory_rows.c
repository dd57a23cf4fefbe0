/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory_rows.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "analyze/clock_rows.h"
#include "analyze/inventory_life.h"
#include "analyze/netns_words.h"

enum statement { NETNS_FIRST, NETNS, NAME, PROCESS, CONTAINER, DEVICE_STATE, ADDRESS, STATEMENTS };

/* What the INSERTs begin with. */
#define SPAN        "first_mono_ns, last_mono_ns, ended, first_ts_ns, last_ts_ns"
#define SPAN_VALUES "?2, ?3, ?4, time_ns(?2), time_ns(?3)"

/* Of a row that several files tell, the one that has its end knows best, else the last. */
#define DRAW_OUT                                                                                   \
    " ON CONFLICT DO UPDATE SET last_mono_ns = excluded.last_mono_ns, ended = excluded.ended,"     \
    " last_ts_ns = excluded.last_ts_ns"                                                            \
    " WHERE (excluded.ended, excluded.last_mono_ns) > (ended, last_mono_ns)"

static const char *const statement_sql[STATEMENTS] = {
    [NETNS_FIRST] = "UPDATE netns SET first_mono_ns = ?2, first_ts_ns = time_ns(?2)"
                    " WHERE id = ?1 AND (first_mono_ns IS NULL OR first_mono_ns > ?2)",
    /* The same, but that what the inventory tells of it last comes first. */
    [NETNS] = "UPDATE netns SET since_mono_ns = ?2, last_mono_ns = ?3, ended = ?4,"
              " last_ts_ns = time_ns(?3), initial = ?5, gone = ?6, owner_uid = ?7, userns_inum = ?8"
              " WHERE id = ?1 AND (since_mono_ns IS NULL OR"
              " (?2, ?4, ?3, ?6) > (since_mono_ns, ended, last_mono_ns, coalesce(gone, 0)))",
    [NAME] = "INSERT INTO netns_name(netns_id, " SPAN ", name, place)"
             " VALUES(?1, " SPAN_VALUES ", ?, ?)" DRAW_OUT,
    [PROCESS] = "INSERT INTO process(netns_id, " SPAN ", pid, start_boot_ns, comm, exe, uid,"
                " cgroup, cmdline, session_leader, pidns_init, start_ts_ns)"
                " VALUES(?1, " SPAN_VALUES ", ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " start_ns(?6))" DRAW_OUT,
    [CONTAINER] = "INSERT INTO container(netns_id, " SPAN ", container_id, runtime, name, image,"
                  " pod_namespace, pod_name, pod_uid, pod_container, pid)"
                  " VALUES(?1, " SPAN_VALUES ", ?, ?, ?, ?, ?, ?, ?, ?, ?)" DRAW_OUT,
    [DEVICE_STATE] = "INSERT INTO device_state(device_id, " SPAN ", kind, mac, mtu, flags, state,"
                     " master_ifindex, link_netns_id, link_ifindex)"
                     " VALUES(?1, " SPAN_VALUES ", ?, ?, ?, ?, ?, ?, ?, ?)" DRAW_OUT,
    [ADDRESS] = "INSERT INTO address(netns_id, " SPAN ", ifindex, device_id, family, address,"
                " prefix) VALUES(?1, " SPAN_VALUES ", ?, ?, ?, ?, ?)" DRAW_OUT,
};

struct writing {
    sqlite3_stmt *statements[STATEMENTS];
    struct dims *dims;
    const struct file_row *file;
    const struct inventory *inventory;
};

/* What still was, was so at the latest tables. */
static void bind_span(const struct writing *w, sqlite3_stmt *statement, uint64_t first_ns,
                      uint64_t last_ns)
{
    bool ended = last_ns != NST_STILL;

    if (!ended)
        last_ns = w->inventory->last_ts_ns > first_ns ? w->inventory->last_ts_ns : first_ns;
    sqlite3_bind_int64(statement, 2, (int64_t)first_ns);
    sqlite3_bind_int64(statement, 3, (int64_t)last_ns);
    sqlite3_bind_int64(statement, 4, ended);
}

static int netns_id(const struct writing *w, const struct nst_netns *netns, uint64_t ts_ns,
                    int64_t *id)
{
    return dims_netns(w->dims, w->file->capture, w->inventory, netns, ts_ns, id);
}

/* What the INSERTs begin with: the namespace and the span. */
static int bind_head(const struct writing *w, enum statement which,
                     const struct inventory_head *head)
{
    sqlite3_stmt *statement = w->statements[which];
    int64_t netns;
    int code = netns_id(w, &head->netns, head->first_ts_ns, &netns);

    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, netns);
    bind_span(w, statement, head->first_ts_ns, head->last_ts_ns);
    return SQLITE_OK;
}

static int write_netns_row(const struct writing *w, const struct nst_known_netns *n, int64_t id)
{
    sqlite3_stmt *first = w->statements[NETNS_FIRST], *statement = w->statements[NETNS];
    int code;

    sqlite3_bind_int64(first, 1, id);
    sqlite3_bind_int64(first, 2, (int64_t)n->first_ts_ns);
    code = db_run(first);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, id);
    bind_span(w, statement, n->first_ts_ns, n->last_ts_ns);
    sqlite3_bind_int64(statement, 5, !!(n->flags & NST_NETNS_INITIAL));
    sqlite3_bind_int64(statement, 6, !!(n->flags & NST_NETNS_GONE));
    db_bind_unless(statement, 7, n->owner_uid == NST_NONE, n->owner_uid);
    db_bind_unless(statement, 8, !n->userns_inum, n->userns_inum);
    return db_run(statement);
}

static int write_netns(const struct writing *w)
{
    size_t count;
    const struct nst_known_netns *rows = inventory_netns(w->inventory, &count);
    int code = SQLITE_OK;

    for (size_t i = 0; i < count && !code; i++) {
        int64_t id;

        code = netns_id(w, &rows[i].netns, rows[i].first_ts_ns, &id);
        if (!code)
            code = write_netns_row(w, &rows[i], id);
    }
    return code;
}

static int write_names(const struct writing *w)
{
    static const char *const places[] = {"netns", "mount", "fd"};
    const struct names *names = &w->inventory->names;
    int code = SQLITE_OK;

    for (size_t i = 0; i < names->count && !code; i++) {
        const struct nst_netns_name *n = &names->list[i];
        const struct inventory_head head = {n->netns, n->first_ts_ns, n->last_ts_ns};

        code = bind_head(w, NAME, &head);
        if (code)
            break;
        db_bind_text(w->statements[NAME], 5, n->name);
        db_bind_text(w->statements[NAME], 6, n->place < 3 ? places[n->place] : "other");
        code = db_run(w->statements[NAME]);
    }
    return code;
}

static int write_process(const struct writing *w, size_t row)
{
    sqlite3_stmt *statement = w->statements[PROCESS];
    size_t count;
    const struct nst_process *p = &inventory_processes(w->inventory, &count)[row];

    sqlite3_bind_int64(statement, 5, p->pid);
    db_bind_unless(statement, 6, !p->start_ns, (int64_t)p->start_ns);
    db_bind_text(statement, 7, p->comm);
    db_bind_text(statement, 8, p->exe);
    db_bind_unless(statement, 9, p->uid == NST_NONE, p->uid);
    db_bind_text(statement, 10, p->cgroup);
    db_bind_text(statement, 11, p->cmdline);
    sqlite3_bind_int64(statement, 12, !!(p->flags & NST_PROCESS_LEADER));
    sqlite3_bind_int64(statement, 13, !!(p->flags & NST_PROCESS_INIT));
    return db_run(statement);
}

static int write_container(const struct writing *w, size_t row)
{
    sqlite3_stmt *statement = w->statements[CONTAINER];
    size_t count;
    const struct nst_container *c = &inventory_containers(w->inventory, &count)[row];

    db_bind_text(statement, 5, c->id);
    db_bind_text(statement, 6, c->runtime);
    db_bind_text(statement, 7, c->name);
    db_bind_text(statement, 8, c->image);
    db_bind_text(statement, 9, c->pod_namespace);
    db_bind_text(statement, 10, c->pod_name);
    db_bind_text(statement, 11, c->pod_uid);
    db_bind_text(statement, 12, c->pod_container);
    db_bind_unless(statement, 13, !c->pid, c->pid);
    return db_run(statement);
}

static void mac_text(const struct nst_octets *mac, char text[3 * sizeof(mac->data) + 1])
{
    *text = '\0';
    for (unsigned i = 0; i < mac->len; i++)
        sprintf(text + (i ? 3 * i - 1 : 0), "%s%02x", i ? ":" : "", mac->data[i]);
}

static int device_id(const struct writing *w, const struct nst_known_device *d, int64_t *id)
{
    const struct nst_device device = {.ifindex = d->ifindex, .name = d->name};
    int64_t netns;
    int code = netns_id(w, &d->netns, d->first_ts_ns, &netns);

    return code ? code : dims_device(w->dims, w->file->capture, netns, &device, id);
}

/* A row of device is of a name; what else changes is in its states. */
static int write_device_state(const struct writing *w, const struct nst_known_device *d, int64_t id)
{
    sqlite3_stmt *statement = w->statements[DEVICE_STATE];
    char mac[3 * sizeof(d->mac.data) + 1];
    int64_t link = 0;
    int code = SQLITE_OK;

    if (d->link_netns.inum)
        code = netns_id(w, &d->link_netns, d->first_ts_ns, &link);
    if (code)
        return code;
    mac_text(&d->mac, mac);
    sqlite3_bind_int64(statement, 1, id);
    bind_span(w, statement, d->first_ts_ns, d->last_ts_ns);
    db_bind_text(statement, 5, d->kind);
    db_bind_text(statement, 6, *mac ? mac : NULL);
    sqlite3_bind_int64(statement, 7, d->mtu);
    sqlite3_bind_int64(statement, 8, d->flags);
    db_bind_text(statement, 9, words_operstate(d->operstate));
    db_bind_unless(statement, 10, !d->master, d->master);
    db_bind_unless(statement, 11, !link, link);
    db_bind_unless(statement, 12, !d->link_ifindex, d->link_ifindex);
    return db_run(statement);
}

static int write_devices(const struct writing *w)
{
    size_t count;
    const struct nst_known_device *rows = inventory_devices(w->inventory, &count);
    int code = SQLITE_OK;

    for (size_t i = 0; i < count && !code; i++) {
        int64_t id;

        code = device_id(w, &rows[i], &id);
        if (!code)
            code = write_device_state(w, &rows[i], id);
    }
    return code;
}

static int write_address(const struct writing *w, size_t row)
{
    sqlite3_stmt *statement = w->statements[ADDRESS];
    size_t count;
    const struct nst_address *a = &inventory_addresses(w->inventory, &count)[row];
    const struct nst_known_device *d =
        inventory_device(w->inventory, &a->netns, a->ifindex, a->first_ts_ns);
    bool is_ipv6 = a->address.len == 16;
    char text[INET6_ADDRSTRLEN];
    int64_t device = 0;
    int code = d ? device_id(w, d, &device) : SQLITE_OK;

    if (code)
        return code;
    if ((!is_ipv6 && a->address.len != 4) ||
        !inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, a->address.data, text, sizeof(text)))
        return sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 5, a->ifindex);
    db_bind_unless(statement, 6, !device, device);
    sqlite3_bind_int64(statement, 7, is_ipv6 ? 6 : 4);
    db_bind_text(statement, 8, text);
    sqlite3_bind_int64(statement, 9, a->prefix);
    return db_run(statement);
}

static int write_kind(const struct writing *w, enum inventory_kind kind, enum statement which,
                      int (*write)(const struct writing *w, size_t row))
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < w->inventory->tables[kind].count && !code; i++) {
        struct inventory_head head = inventory_head(w->inventory, kind, i);

        code = bind_head(w, which, &head);
        if (!code)
            code = write(w, i);
    }
    return code;
}

static int write_file(const struct writing *w)
{
    int code = write_netns(w);

    if (!code)
        code = write_names(w);
    if (!code)
        code = write_kind(w, INVENTORY_PROCESS, PROCESS, write_process);
    if (!code)
        code = write_kind(w, INVENTORY_CONTAINER, CONTAINER, write_container);
    if (!code)
        code = write_devices(w);
    if (!code)
        code = write_kind(w, INVENTORY_ADDRESS, ADDRESS, write_address);
    return code;
}

/* What was seen no more before the recording ended has perhaps died, and perhaps not. */
static const char gone_sql[] =
    "UPDATE netns SET gone = CASE WHEN gone = 1 THEN 1 WHEN last_mono_ns >= m.latest THEN 0 END"
    " FROM (SELECT capture_id, max(last_mono_ns) AS latest FROM netns GROUP BY capture_id) m"
    " WHERE m.capture_id = netns.capture_id AND last_mono_ns IS NOT NULL;";

/* The latest is what people know a namespace by; a container that has lost a name is known by
 * its own. */
static const char label_sql[] =
    "UPDATE netns SET"
    " name = (SELECT name FROM netns_name WHERE netns_id = netns.id AND place = 'netns'"
    "  ORDER BY last_mono_ns DESC, first_mono_ns DESC, id LIMIT 1),"
    " container = (SELECT CASE WHEN pod_name IS NULL THEN coalesce(name, container_id)"
    "   ELSE coalesce(pod_namespace || '/', '') || pod_name END"
    "  FROM container WHERE netns_id = netns.id"
    "  ORDER BY last_mono_ns DESC, first_mono_ns, id LIMIT 1);"
    "UPDATE netns SET name = NULL WHERE container IS NOT NULL AND last_mono_ns - 1000000000 >"
    " (SELECT max(last_mono_ns) FROM netns_name WHERE netns_id = netns.id AND place = 'netns');";

/* In whatever order files came. */
static const char device_sql[] =
    "UPDATE device SET kind = s.kind, mac = s.mac, mtu = s.mtu, flags = s.flags, state = s.state,"
    " master_ifindex = s.master_ifindex, link_netns_id = s.link_netns_id,"
    " link_ifindex = s.link_ifindex, (first_ts_ns, last_ts_ns) ="
    " (SELECT min(first_ts_ns), max(last_ts_ns) FROM device_state WHERE device_id = device.id)"
    " FROM device_state s"
    " WHERE s.id = (SELECT id FROM device_state WHERE device_id = device.id"
    "  ORDER BY first_mono_ns DESC LIMIT 1);";

static int write_files(struct writing *w, struct clock_rows *clock, const struct input *in,
                       const struct file_rows *files)
{
    int code = clock_rows_write(clock, in, files);

    for (unsigned i = 0; i < files->count && !code; i++) {
        w->file = &files->rows[i];
        w->inventory = input_inventory(in, i);
        code = clock_rows_choose(clock, w->file->capture);
        if (!code)
            code = write_file(w);
    }
    return code ? code : clock_rows_renew(clock, files);
}

int inventory_rows_write(const struct db *db, struct dims *dims, const struct input *in,
                         const struct file_rows *files)
{
    struct writing w = {.dims = dims};
    struct clock_rows *clock = NULL;
    int code = clock_rows_open(&clock, db);

    for (int i = 0; i < STATEMENTS && !code; i++)
        code = db_prepare(db, statement_sql[i], &w.statements[i]);
    if (!code)
        code = write_files(&w, clock, in, files);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(w.statements[i]);
    clock_rows_close(clock);
    if (!code)
        code = sqlite3_exec(db->handle, gone_sql, NULL, NULL, NULL);
    if (!code)
        code = sqlite3_exec(db->handle, device_sql, NULL, NULL, NULL);
    return code ? code : sqlite3_exec(db->handle, label_sql, NULL, NULL, NULL);
}
