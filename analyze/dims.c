/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/dims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/intern.h"
#include "analyze/inventory_life.h"
#include "analyze/probe_kind.h"

enum table { NETNS, DEVICE, TASK, PROBE, DROP_REASON, STACK, TABLES };

/* The columns that tell a row from others, in the same order in both statements. */
static const struct {
    const char *load, *insert;
} table_sql[TABLES] = {
    [NETNS] = {"SELECT id, capture_id, cookie, inum, life_mono_ns FROM netns",
               "INSERT INTO netns(capture_id, cookie, inum, life_mono_ns) VALUES(?, ?, ?, ?)"},
    [DEVICE] = {"SELECT id, capture_id, netns_id, ifindex, name FROM device",
                "INSERT INTO device(capture_id, netns_id, ifindex, name) VALUES(?, ?, ?, ?)"},
    [TASK] = {"SELECT id, capture_id, pid, tgid, comm FROM task",
              "INSERT INTO task(capture_id, pid, tgid, comm) VALUES(?, ?, ?, ?)"},
    [PROBE] = {"SELECT id, kind, symbol FROM probe",
               "INSERT INTO probe(kind, symbol) VALUES(?, ?)"},
    [DROP_REASON] = {"SELECT id, number, subsys, name FROM drop_reason",
                     "INSERT INTO drop_reason(number, subsys, name) VALUES(?, ?, ?)"},
    [STACK] = {"SELECT id, caller_id, function FROM stack",
               "INSERT INTO stack(caller_id, function) VALUES(?, ?)"},
};

struct dims {
    const struct db *db;
    struct intern known[TABLES];
    sqlite3_stmt *insert[TABLES];
    sqlite3_stmt *set_life;
};

/* A column's value: a number, a text, or neither, which is NULL. */
struct value {
    bool is_number;
    int64_t number;
    const char *text;
};

#define COLUMNS_MAX 4
#define KEY_MAX     (COLUMNS_MAX * (1 + NST_MAX_NAME + 1))

static struct value number(int64_t n)
{
    return (struct value){.is_number = true, .number = n};
}

static struct value number_unless(bool absent, int64_t n)
{
    return (struct value){.is_number = !absent, .number = n};
}

static struct value text(const char *t)
{
    return (struct value){.text = t};
}

/* Different rows give different keys: each value says its kind, a text where it ends. */
static size_t make_key(unsigned char key[KEY_MAX], const struct value *values, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        const struct value *v = &values[i];

        key[length++] = v->is_number ? 'n' : v->text ? 't' : '0';
        if (v->is_number) {
            memcpy(key + length, &v->number, sizeof(v->number));
            length += sizeof(v->number);
        } else if (v->text) {
            size_t size = strnlen(v->text, NST_MAX_NAME);

            memcpy(key + length, v->text, size);
            length += size;
            key[length++] = '\0';
        }
    }
    return length;
}

static int insert(sqlite3_stmt *statement, const struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct value *v = &values[i];

        if (v->is_number)
            sqlite3_bind_int64(statement, (int)i + 1, v->number);
        else
            db_bind_text(statement, (int)i + 1, v->text);
    }
    return db_run(statement);
}

static int row_id(struct dims *dims, enum table table, const struct value *values, size_t count,
                  int64_t *id)
{
    unsigned char key[KEY_MAX];
    size_t length = make_key(key, values, count);
    int code;

    *id = intern_find(&dims->known[table], key, length);
    if (*id)
        return SQLITE_OK;
    code = insert(dims->insert[table], values, count);
    if (code)
        return code;
    *id = sqlite3_last_insert_rowid(dims->db->handle);
    return intern_add(&dims->known[table], key, length, *id) ? SQLITE_OK : SQLITE_NOMEM;
}

/* A pipe can give events of a namespace before the tables that say when it lived. Those events have
 * a row without a life: it becomes the row of the first life of that inum that is known. *id: 0
 * where there is no such row. */
static int adopt_netns(struct dims *dims, const struct value values[4], int64_t *id)
{
    const struct value before[] = {values[0], values[1], values[2], number_unless(true, 0)};
    unsigned char key[KEY_MAX];
    size_t length = make_key(key, before, 4);
    int code;

    *id = intern_find(&dims->known[NETNS], key, length);
    if (!*id)
        return SQLITE_OK;
    sqlite3_bind_int64(dims->set_life, 1, values[3].number);
    sqlite3_bind_int64(dims->set_life, 2, *id);
    code = db_run(dims->set_life);
    if (code)
        return code;
    if (!sqlite3_changes(dims->db->handle)) {
        *id = 0; /* another life's already */
        return SQLITE_OK;
    }
    length = make_key(key, values, 4);
    return intern_add(&dims->known[NETNS], key, length, *id) ? SQLITE_OK : SQLITE_NOMEM;
}

int dims_netns(struct dims *dims, int64_t capture, const struct inventory *inv,
               const struct nst_netns *netns, uint64_t ts_ns, int64_t *id)
{
    const struct life life = netns->cookie ? (struct life){0} : inventory_life(inv, netns, ts_ns);
    const struct value values[] = {
        number(capture),
        number_unless(netns->cookie == 0, (int64_t)netns->cookie),
        number(netns->inum),
        number_unless(life.first_ts_ns == 0, (int64_t)life.first_ts_ns),
    };
    unsigned char key[KEY_MAX];
    int code = SQLITE_OK;

    *id = 0;
    if (life.is_known && !intern_find(&dims->known[NETNS], key, make_key(key, values, 4)))
        code = adopt_netns(dims, values, id);
    return code || *id ? code : row_id(dims, NETNS, values, 4, id);
}

int dims_device(struct dims *dims, int64_t capture, int64_t netns, const struct nst_device *device,
                int64_t *id)
{
    const struct value values[] = {
        number(capture),
        number_unless(netns == 0, netns),
        number(device->ifindex),
        text(device->name),
    };

    return row_id(dims, DEVICE, values, 4, id);
}

int dims_task(struct dims *dims, int64_t capture, const struct nst_task *task, int64_t *id)
{
    const struct value values[] = {
        number(capture),
        number(task->pid),
        number(task->tgid),
        text(task->comm),
    };

    return row_id(dims, TASK, values, 4, id);
}

int dims_probe(struct dims *dims, const struct nst_probe *probe, int64_t *id)
{
    const char *kind = probe_kind_name(probe->kind);
    char number[32];

    if (!kind) {
        snprintf(number, sizeof(number), "kind %u", probe->kind);
        kind = number;
    }
    return row_id(dims, PROBE, (const struct value[]){text(kind), text(probe->symbol)}, 2, id);
}

int dims_drop_reason(struct dims *dims, const struct nst_drop_reason *reason, int64_t *id)
{
    const struct value values[] = {
        number(reason->number),
        text(reason->subsys),
        text(reason->name),
    };

    return row_id(dims, DROP_REASON, values, 3, id);
}

int dims_stack(struct dims *dims, int64_t caller, const struct nst_frame *frame, int64_t *id)
{
    const struct value values[] = {number_unless(caller == 0, caller), text(frame->name)};

    return row_id(dims, STACK, values, 2, id);
}

static struct value column_value(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_INTEGER)
        return number(sqlite3_column_int64(statement, column));
    return text((const char *)sqlite3_column_text(statement, column));
}

static int load(struct dims *dims, enum table table)
{
    struct intern *known = &dims->known[table];
    sqlite3_stmt *statement;
    bool memory = true;
    int code = db_prepare(dims->db, table_sql[table].load, &statement);

    if (code)
        return code;
    while (memory && sqlite3_step(statement) == SQLITE_ROW) {
        struct value values[COLUMNS_MAX];
        unsigned char key[KEY_MAX];
        int count = sqlite3_column_count(statement) - 1;
        size_t length;

        for (int i = 0; i < count; i++)
            values[i] = column_value(statement, i + 1);
        length = make_key(key, values, (size_t)count);
        /* Of two rows that say the same, which somebody else may have added, the first is taken. */
        if (!intern_find(known, key, length))
            memory = intern_add(known, key, length, sqlite3_column_int64(statement, 0));
    }
    code = sqlite3_finalize(statement);
    return memory ? code : SQLITE_NOMEM;
}

int dims_open(struct dims **dims, const struct db *db)
{
    struct dims *d = calloc(1, sizeof(*d));
    int code = SQLITE_OK;

    if (!d)
        return SQLITE_NOMEM;
    d->db = db;
    code = db_prepare(db, "UPDATE netns SET life_mono_ns = ? WHERE id = ? AND life_mono_ns IS NULL",
                      &d->set_life);
    for (int t = 0; t < TABLES && !code; t++) {
        code = db_prepare(db, table_sql[t].insert, &d->insert[t]);
        if (!code)
            code = load(d, (enum table)t);
    }
    if (code) {
        dims_close(d);
        return code;
    }
    *dims = d;
    return SQLITE_OK;
}

void dims_close(struct dims *dims)
{
    if (!dims)
        return;
    for (int t = 0; t < TABLES; t++) {
        sqlite3_finalize(dims->insert[t]);
        intern_clear(&dims->known[t]);
    }
    sqlite3_finalize(dims->set_life);
    free(dims);
}
