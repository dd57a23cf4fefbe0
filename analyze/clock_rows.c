/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/clock_rows.h"

#include <stdlib.h>

#include "analyze/anchors.h"

enum statement { FORGET, ANCHOR, LOAD, ASLEEP, RENEW };

#define OF_NETNS  " WHERE netns_id IN (SELECT id FROM netns WHERE capture_id = ?1)"
#define OF_DEVICE " WHERE device_id IN (SELECT id FROM device WHERE capture_id = ?1)"
#define SET_SPAN                                                                                   \
    " SET first_ts_ns = earliest_ns(first_mono_ns, last_mono_ns),"                                 \
    " last_ts_ns = latest_ns(first_mono_ns, last_mono_ns)"

static const char *const statement_sql[] = {
    /* A file that has grown since its first import tells its whole history again. */
    [FORGET] = "DELETE FROM clock WHERE file_id = ?1",
    [ANCHOR] = "INSERT INTO clock(file_id, mono_ns, offset_ns) VALUES(?1, ?2, ?3)",
    [LOAD] = "SELECT mono_ns, offset_ns FROM clock JOIN file ON file.id = file_id"
             " WHERE capture_id = ?1",
    /* One for all: each file has a reading of the clocks, a little different. */
    [ASLEEP] = "SELECT boottime_ns - monotonic_ns FROM file WHERE capture_id = ?1"
               " AND boottime_ns <> monotonic_ns ORDER BY monotonic_ns LIMIT 1",
    [RENEW] = "UPDATE netns" SET_SPAN " WHERE capture_id = ?1",
    "UPDATE netns_name" SET_SPAN OF_NETNS,
    "UPDATE process" SET_SPAN ", start_ts_ns = start_ns(start_boot_ns)" OF_NETNS,
    "UPDATE container" SET_SPAN OF_NETNS,
    "UPDATE device_state" SET_SPAN OF_DEVICE,
    "UPDATE address" SET_SPAN OF_NETNS,
};

#define STATEMENTS (sizeof(statement_sql) / sizeof(statement_sql[0]))

struct clock_rows {
    const struct db *db;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t capture; /* that the rest is of; 0: none yet */
    struct anchors anchors;
    uint64_t asleep_ns; /* CLOCK_BOOTTIME minus CLOCK_MONOTONIC */
};

static void answer(sqlite3_context *context, sqlite3_value *value, uint64_t minus_ns)
{
    const struct clock_rows *c = sqlite3_user_data(context);
    uint64_t ts_ns = (uint64_t)sqlite3_value_int64(value) - minus_ns;

    if (sqlite3_value_type(value) != SQLITE_NULL)
        sqlite3_result_int64(context, (int64_t)anchors_time(&c->anchors, ts_ns));
}

static void time_ns(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    answer(context, values[0], 0);
}

static void start_ns(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct clock_rows *c = sqlite3_user_data(context);

    (void)count;
    answer(context, values[0], c->asleep_ns);
}

/* False: there are not two moments. */
static bool get_span(sqlite3_context *context, sqlite3_value **values, struct anchors_span *span)
{
    const struct clock_rows *c = sqlite3_user_data(context);

    if (sqlite3_value_type(values[0]) == SQLITE_NULL ||
        sqlite3_value_type(values[1]) == SQLITE_NULL)
        return false;
    *span = anchors_span(&c->anchors, (uint64_t)sqlite3_value_int64(values[0]),
                         (uint64_t)sqlite3_value_int64(values[1]));
    return true;
}

static void earliest_ns(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct anchors_span span;

    (void)count;
    if (get_span(context, values, &span))
        sqlite3_result_int64(context, (int64_t)span.earliest_ns);
}

static void latest_ns(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct anchors_span span;

    (void)count;
    if (get_span(context, values, &span))
        sqlite3_result_int64(context, (int64_t)span.latest_ns);
}

static const struct {
    const char *name;
    int arguments;
    void (*call)(sqlite3_context *context, int count, sqlite3_value **values);
} functions[] = {
    {"time_ns", 1, time_ns},
    {"start_ns", 1, start_ns},
    {"earliest_ns", 2, earliest_ns},
    {"latest_ns", 2, latest_ns},
};

/* NULL: takes them away. */
static int set_functions(const struct db *db, struct clock_rows *clock)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]) && !code; i++)
        code = sqlite3_create_function(db->handle, functions[i].name, functions[i].arguments,
                                       SQLITE_UTF8, clock, clock ? functions[i].call : NULL, NULL,
                                       NULL);
    return code;
}

int clock_rows_open(struct clock_rows **clock, const struct db *db)
{
    struct clock_rows *c = calloc(1, sizeof(*c));
    int code;

    if (!c)
        return SQLITE_NOMEM;
    c->db = db;
    code = set_functions(db, c);
    for (size_t i = 0; i < STATEMENTS && !code; i++)
        code = db_prepare(db, statement_sql[i], &c->statements[i]);
    if (code) {
        clock_rows_close(c);
        return code;
    }
    *clock = c;
    return SQLITE_OK;
}

void clock_rows_close(struct clock_rows *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->statements[i]);
    set_functions(c->db, NULL);
    anchors_free(&c->anchors);
    free(c);
}

static int write_file(struct clock_rows *c, const struct anchors *anchors, int64_t file)
{
    sqlite3_stmt *insert = c->statements[ANCHOR];
    int code;

    sqlite3_bind_int64(c->statements[FORGET], 1, file);
    code = db_run(c->statements[FORGET]);
    sqlite3_bind_int64(insert, 1, file);
    for (size_t i = 0; i < anchors->count && !code; i++) {
        sqlite3_bind_int64(insert, 2, (int64_t)anchors->list[i].ts_ns);
        sqlite3_bind_int64(insert, 3, anchors->list[i].offset_ns);
        code = db_run(insert);
    }
    return code;
}

int clock_rows_write(struct clock_rows *c, const struct input *in, const struct file_rows *files)
{
    int code = SQLITE_OK;

    for (unsigned i = 0; i < files->count && !code; i++)
        code = write_file(c, input_anchors(in, i), files->rows[i].id);
    return code;
}

static int load_anchors(struct clock_rows *c, int64_t capture)
{
    sqlite3_stmt *load = c->statements[LOAD];
    bool memory = true;
    int code;

    anchors_free(&c->anchors);
    sqlite3_bind_int64(load, 1, capture);
    while (memory && sqlite3_step(load) == SQLITE_ROW) {
        const struct anchor anchor = {
            .ts_ns = (uint64_t)sqlite3_column_int64(load, 0),
            .until_ns = UINT64_MAX,
            .offset_ns = sqlite3_column_int64(load, 1),
        };

        memory = anchors_add(&c->anchors, &anchor);
    }
    code = sqlite3_reset(load);
    anchors_settle(&c->anchors);
    return memory ? code : SQLITE_NOMEM;
}

int clock_rows_choose(struct clock_rows *c, int64_t capture)
{
    sqlite3_stmt *asleep = c->statements[ASLEEP];
    int code;

    if (capture == c->capture)
        return SQLITE_OK;
    code = load_anchors(c, capture);
    if (code)
        return code;
    sqlite3_bind_int64(asleep, 1, capture);
    c->asleep_ns =
        sqlite3_step(asleep) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(asleep, 0) : 0;
    c->capture = capture;
    return sqlite3_reset(asleep);
}

static bool is_first_of_capture(const struct file_rows *files, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (files->rows[i].capture == files->rows[index].capture)
            return false;
    return true;
}

static int renew(struct clock_rows *c, int64_t capture, int64_t known_captures)
{
    int code = clock_rows_choose(c, capture);

    if (!code && capture > known_captures && !anchors_set_back(&c->anchors))
        return SQLITE_OK;
    for (size_t i = RENEW; i < STATEMENTS && !code; i++) {
        sqlite3_bind_int64(c->statements[i], 1, capture);
        code = db_run(c->statements[i]);
    }
    return code;
}

int clock_rows_renew(struct clock_rows *c, const struct file_rows *files)
{
    int code = SQLITE_OK;

    for (unsigned i = 0; i < files->count && !code; i++)
        if (is_first_of_capture(files, i))
            code = renew(c, files->rows[i].capture, files->known_captures);
    return code;
}
