/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/loss_rows.h"

#include "analyze/anchors.h"
#include "analyze/counters.h"

/* The rows of one file. */
struct writing {
    sqlite3_stmt *insert;
    const struct file_row *file;
    const struct anchors *anchors;
    struct counters counters;
    uint64_t before_ns; /* the time of the tables with counters before these; 0: there are none */
};

static int insert_row(const struct writing *w, uint64_t ts_ns, const struct nst_counter *counter,
                      bool known, uint64_t value)
{
    sqlite3_bind_int64(w->insert, 1, w->file->id);
    sqlite3_bind_int64(w->insert, 2, (int64_t)anchors_time(w->anchors, ts_ns));
    db_bind_text(w->insert, 3, counter->name);
    db_bind_text(w->insert, 4, counter->probe);
    db_bind_unless(w->insert, 5, counter->cpu == NST_NONE, counter->cpu);
    db_bind_unless(w->insert, 6, !known, (int64_t)value);
    return db_run(w->insert);
}

/* Writes a counter that has changed, or any if all is set. Of a loss there is also a row for the
 * tables before, at which it had not changed yet: so it is known after when it happened. */
static int write_counter(struct writing *w, uint64_t ts_ns, const struct nst_counter *counter,
                         bool all)
{
    struct counter_was was;
    bool changed;
    int code = SQLITE_OK;

    if (!counters_note(&w->counters, counter, ts_ns, &was))
        return SQLITE_NOMEM;
    changed = counters_changed(&was, counter);
    if (changed && counters_is_loss(counter) && counter->known && was.known &&
        was.ts_ns != w->before_ns)
        code = insert_row(w, w->before_ns, counter, true, was.value);
    if (!code && (changed || all))
        code = insert_row(w, ts_ns, counter, counter->known, counter->value);
    return code;
}

static int write_counters(struct writing *w, const struct nst_tables *tables, bool all)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < tables->counters_count && !code; i++)
        code = write_counter(w, tables->ts_ns, &tables->counters[i], all);
    if (tables->counters_count)
        w->before_ns = tables->ts_ns;
    return code;
}

enum statement { FORGET, COUNTER, STATEMENTS };

static const char *const statement_sql[STATEMENTS] = {
    /* A file that has grown since its first import tells its whole history again. */
    [FORGET] = "DELETE FROM loss WHERE file_id = ?",
    [COUNTER] = "INSERT INTO loss(file_id, ts_ns, counter, probe, cpu, value)"
                " VALUES(?, ?, ?, ?, ?, ?)",
};

static int write_file(sqlite3_stmt **statements, const struct input *in, unsigned index,
                      const struct file_row *file)
{
    struct writing w = {
        .insert = statements[COUNTER], .file = file, .anchors = input_anchors(in, index)};
    const struct nst_tables **history;
    size_t count = input_tables_history(in, index, &history);
    int code;

    sqlite3_bind_int64(statements[FORGET], 1, file->id);
    code = db_run(statements[FORGET]);
    for (size_t i = 0; i < count && !code; i++)
        code = write_counters(&w, history[i], i + 1 == count);
    counters_clear(&w.counters);
    return code;
}

int loss_rows_write(const struct db *db, const struct input *in, const struct file_rows *files)
{
    sqlite3_stmt *statements[STATEMENTS] = {0};
    int code = SQLITE_OK;

    for (int i = 0; i < STATEMENTS && !code; i++)
        code = db_prepare(db, statement_sql[i], &statements[i]);
    for (unsigned i = 0; i < files->count && !code; i++)
        code = write_file(statements, in, i, &files->rows[i]);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(statements[i]);
    return code;
}
