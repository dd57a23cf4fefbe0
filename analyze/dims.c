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

/* The columns that make a row what it is, in one order for both. */
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

/* Of a pipe, events can come before it is told whose they were: their row becomes that of the
 * first life that is. *id: 0 where there is none. */
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

static int task(struct dims *dims, int64_t capture, const struct nst_task *task, int64_t *id)
{
    const struct value values[] = {
        number(capture),
        number(task->pid),
        number(task->tgid),
        text(task->comm),
    };

    return row_id(dims, TASK, values, 4, id);
}

static int probe(struct dims *dims, const struct nst_probe *probe, int64_t *id)
{
    const char *kind = probe_kind_name(probe->kind);
    char number[32];

    if (!kind) {
        snprintf(number, sizeof(number), "kind %u", probe->kind);
        kind = number;
    }
    return row_id(dims, PROBE, (const struct value[]){text(kind), text(probe->symbol)}, 2, id);
}

static int drop_reason(struct dims *dims, const struct nst_drop_reason *reason, int64_t *id)
{
    const struct value values[] = {
        number(reason->number),
        text(reason->subsys),
        text(reason->name),
    };

    return row_id(dims, DROP_REASON, values, 3, id);
}

static int stack(struct dims *dims, int64_t caller, const struct nst_frame *frame, int64_t *id)
{
    const struct value values[] = {number_unless(caller == 0, caller), text(frame->name)};

    return row_id(dims, STACK, values, 2, id);
}

void dims_cache_free(struct dims_cache *cache)
{
    for (unsigned i = 0; i < 2; i++)
        free(cache->blocks[i].rows);
    *cache = (struct dims_cache){0};
}

/* When and where a block's words are taken to mean something. */
struct moment {
    int64_t capture;
    const struct inventory *inventory;
    uint64_t ts_ns;
};

/* Which namespaces its inums mean may change within a block. */
static void set_span(struct dims_block *b, const struct nst_block *block,
                     const struct inventory *inv, uint64_t ts_ns)
{
    b->from_ns = 0;
    b->until_ns = UINT64_MAX;
    for (uint32_t i = 0; i < block->netns_count; i++) {
        struct life life;

        if (block->netns[i].cookie)
            continue;
        life = inventory_life(inv, &block->netns[i], ts_ns);
        if (life.begin_ns > b->from_ns)
            b->from_ns = life.begin_ns;
        if (life.end_ns < b->until_ns)
            b->until_ns = life.end_ns;
    }
}

static int remember_block(struct dims_block *b, const struct nst_block *block)
{
    size_t count = (size_t)block->netns_count + block->devices_count + block->tasks_count +
                   block->probes_count + block->drop_reasons_count + block->frames_count;

    b->block = NULL;
    if (count > b->room) {
        int64_t *rows = realloc(b->rows, count * sizeof(*rows));

        if (!rows)
            return SQLITE_NOMEM;
        b->rows = rows;
        b->room = count;
    }
    if (count)
        memset(b->rows, 0, count * sizeof(*b->rows));
    b->devices = block->netns_count;
    b->tasks = b->devices + block->devices_count;
    b->probes = b->tasks + block->tasks_count;
    b->drop_reasons = b->probes + block->probes_count;
    b->frames = b->drop_reasons + block->drop_reasons_count;
    b->block = block;
    b->sequence = block->info.sequence;
    return SQLITE_OK;
}

static int find_block(struct dims_cache *cache, const struct nst_block *block,
                      const struct inventory *inv, uint64_t ts_ns, struct dims_block **found)
{
    int code;

    for (unsigned i = 0; i < 2; i++) {
        *found = &cache->blocks[i];
        /* Memory is used again: the address alone does not tell a block. */
        if ((*found)->block == block && (*found)->sequence == block->info.sequence)
            break;
        *found = NULL;
    }
    if (*found && ts_ns >= (*found)->from_ns && ts_ns <= (*found)->until_ns)
        return SQLITE_OK;
    if (!*found) {
        *found = &cache->blocks[cache->next];
        cache->next ^= 1;
    }
    code = remember_block(*found, block);
    if (!code)
        set_span(*found, block, inv, ts_ns);
    return code;
}

static int block_netns(struct dims *dims, struct dims_block *b, const struct moment *at,
                       uint32_t index, int64_t *id)
{
    int64_t *row;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    row = &b->rows[index];
    if (!*row)
        code = dims_netns(dims, at->capture, at->inventory, &b->block->netns[index], at->ts_ns,
                          row);
    *id = *row;
    return code;
}

static int block_device(struct dims *dims, struct dims_block *b, const struct moment *at,
                        uint32_t index, int64_t *id)
{
    int64_t netns, *row;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    row = &b->rows[b->devices + index];
    if (!*row) {
        const struct nst_device *d = &b->block->devices[index];

        code = block_netns(dims, b, at, d->netns, &netns);
        if (!code)
            code = dims_device(dims, at->capture, netns, d, row);
    }
    *id = *row;
    return code;
}

/* Callers stand before what they call, and every frame of a block is in a trace: with this one's,
 * all before it get their rows. */
static int block_stack(struct dims *dims, struct dims_block *b, uint32_t index, int64_t *id)
{
    const struct nst_frame *frames = b->block->frames;
    int64_t *rows = b->rows + b->frames;
    int code = SQLITE_OK;

    *id = 0;
    if (index == NST_NONE)
        return SQLITE_OK;
    for (uint32_t i = 0; !code && !rows[index]; i++) {
        uint32_t caller = frames[i].caller;

        if (!rows[i])
            code = stack(dims, caller == NST_NONE ? 0 : rows[caller], &frames[i], &rows[i]);
    }
    *id = rows[index];
    return code;
}

static int block_others(struct dims *dims, struct dims_block *b, int64_t capture,
                        const struct nst_event *event, struct dims_rows *rows)
{
    int64_t *row = &b->rows[b->probes + event->probe];
    int code = SQLITE_OK;

    if (!*row)
        code = probe(dims, &b->block->probes[event->probe], row);
    rows->probe = *row;
    rows->task = 0;
    if (!code && event->task != NST_NONE) {
        row = &b->rows[b->tasks + event->task];
        if (!*row)
            code = task(dims, capture, &b->block->tasks[event->task], row);
        rows->task = *row;
    }
    rows->drop_reason = 0;
    if (!code && event->drop_reason != NST_NONE) {
        row = &b->rows[b->drop_reasons + event->drop_reason];
        if (!*row)
            code = drop_reason(dims, &b->block->drop_reasons[event->drop_reason], row);
        rows->drop_reason = *row;
    }
    return code;
}

int dims_event(struct dims *dims, struct dims_cache *cache, int64_t capture,
               const struct inventory *inv, const struct nst_block *block,
               const struct nst_event *event, struct dims_rows *rows)
{
    const struct moment at = {capture, inv, event->ts_ns};
    struct dims_block *b;
    int code = find_block(cache, block, inv, event->ts_ns, &b);

    if (!code)
        code = block_netns(dims, b, &at, event->netns, &rows->netns);
    if (!code)
        code = block_device(dims, b, &at, event->device, &rows->device);
    if (!code)
        code = block_others(dims, b, capture, event, rows);
    if (!code)
        code = block_stack(dims, b, event->stack, &rows->stack);
    return code;
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
        /* A row that stands there twice is no harm: its first stands for both. */
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
