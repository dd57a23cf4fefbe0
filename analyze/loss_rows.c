/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/loss_rows.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/intern.h"

static int64_t absolute(const struct file_row *file, uint64_t mono_ns)
{
    return (int64_t)mono_ns + file->offset_ns;
}

/* What a counter was. */
struct counter_value {
    bool known;
    uint64_t value;
};

/* What each was last. A counter is told by its name, probe and CPU. */
struct counters {
    struct intern known; /* index into values, plus one */
    struct counter_value *values;
    size_t count, room;
};

#define COUNTER_KEY_MAX (2 * (NST_MAX_NAME + 1) + sizeof(uint32_t))

static size_t counter_key(char key[COUNTER_KEY_MAX], const struct nst_counter *counter)
{
    size_t name = strnlen(counter->name, NST_MAX_NAME);
    size_t probe = counter->probe ? strnlen(counter->probe, NST_MAX_NAME) : 0;

    memcpy(key, counter->name, name);
    key[name] = '\0';
    if (probe)
        memcpy(key + name + 1, counter->probe, probe);
    key[name + 1 + probe] = '\0';
    memcpy(key + name + 1 + probe + 1, &counter->cpu, sizeof(counter->cpu));
    return name + 1 + probe + 1 + sizeof(counter->cpu);
}

static int add_counter(struct counters *counters, const char *key, size_t length,
                       struct counter_value value)
{
    if (counters->count == counters->room) {
        size_t room = counters->room ? counters->room * 2 : 64;
        struct counter_value *values = realloc(counters->values, room * sizeof(*values));

        if (!values)
            return SQLITE_NOMEM;
        counters->values = values;
        counters->room = room;
    }
    counters->values[counters->count++] = value;
    return intern_add(&counters->known, key, length, (int64_t)counters->count) ? SQLITE_OK
                                                                               : SQLITE_NOMEM;
}

/* Sets *changed, and remembers what the counter is now. */
static int note_counter(struct counters *counters, const struct nst_counter *counter, bool *changed)
{
    const struct counter_value now = {.known = counter->known, .value = counter->value};
    char key[COUNTER_KEY_MAX];
    size_t length = counter_key(key, counter);
    int64_t at = intern_find(&counters->known, key, length);
    struct counter_value *last;

    if (!at) {
        *changed = true;
        return add_counter(counters, key, length, now);
    }
    last = &counters->values[at - 1];
    *changed = last->known != now.known || last->value != now.value;
    *last = now;
    return SQLITE_OK;
}

/* all: also those that have not changed. */
static int write_counters(sqlite3_stmt *insert, struct counters *counters,
                          const struct file_row *file, const struct nst_tables *tables, bool all)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < tables->counters_count && !code; i++) {
        const struct nst_counter *counter = &tables->counters[i];
        bool changed;

        code = note_counter(counters, counter, &changed);
        if (code || !(changed || all))
            continue;
        sqlite3_bind_int64(insert, 1, file->id);
        sqlite3_bind_int64(insert, 2, absolute(file, tables->ts_ns));
        db_bind_text(insert, 3, counter->name);
        db_bind_text(insert, 4, counter->probe);
        db_bind_unless(insert, 5, counter->cpu == NST_NONE, counter->cpu);
        db_bind_unless(insert, 6, !counter->known, (int64_t)counter->value);
        code = db_run(insert);
    }
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
    struct counters counters = {0};
    const struct nst_tables **history;
    size_t count = input_tables_history(in, index, &history);
    int code;

    sqlite3_bind_int64(statements[FORGET], 1, file->id);
    code = db_run(statements[FORGET]);
    for (size_t i = 0; i < count && !code; i++)
        code = write_counters(statements[COUNTER], &counters, file, history[i], i + 1 == count);
    intern_clear(&counters.known);
    free(counters.values);
    return code;
}

int loss_rows_write(const struct db *db, const struct input *in, const struct file_rows *files)
{
    sqlite3_stmt *statements[STATEMENTS] = {0};
    int code = SQLITE_OK;

    for (int i = 0; i < STATEMENTS && !code; i++)
        code = db_prepare(db, statement_sql[i], &statements[i]);
    for (unsigned i = 0; i < files->count && !code; i++)
        if (!files->rows[i].twice)
            code = write_file(statements, in, i, &files->rows[i]);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(statements[i]);
    return code;
}
