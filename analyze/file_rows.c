/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/file_rows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/message.h"

static bool any_set(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return true;
    return false;
}

static void bind_identity(sqlite3_stmt *statement, int column, const uint8_t *bytes, size_t length)
{
    db_bind_blob(statement, column, any_set(bytes, length) ? bytes : NULL, length);
}

/* From the headers of a file's blocks. */
struct outline {
    bool usable; /* it could be read, and has blocks with events */
    uint8_t salt[8];
    uint64_t last_block;
    bool ended;
};

/* Silent: whoever reads the file in earnest says what is wrong with it. */
static void outline_file(const char *path, struct outline *outline)
{
    const struct nst_block *block;
    struct nst_reader *reader;
    struct stat st;

    *outline = (struct outline){0};
    /* Never a pipe: what is read from it is gone. */
    if (!strcmp(path, "-") || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    if (nst_reader_open(&reader, path, NULL, NULL) < 0)
        return;
    memcpy(outline->salt, nst_reader_file(reader)->salt, sizeof(outline->salt));
    while (nst_reader_next(reader, &block, NULL) > 0) {
        if (block->info.type != NST_BLOCK_EVENTS)
            continue;
        outline->last_block = block->info.sequence;
        outline->usable = true;
    }
    outline->ended = nst_reader_damage(reader)->ended;
    /* Of captures that were joined each is looked up when it is read. */
    outline->usable &= !nst_reader_next_file(reader);
    nst_reader_close(reader);
}

enum verdict { READ, NOTHING_NEW, DAMAGED_BEFORE };

/* Ids of events ascend with their time in a file: a block that was lost cannot be added later. */
#define ANY_LOST   "bad_blocks + lost_blocks > 0"
#define NEW_ADVICE "to have what was missing, import it into a new database"

/* SQLITE_OK and *verdict. */
static int judge(sqlite3_stmt *find, const struct outline *own, enum verdict *verdict)
{
    *verdict = READ;
    if (!own->usable)
        return SQLITE_OK;
    db_bind_blob(find, 1, own->salt, sizeof(own->salt));
    if (sqlite3_step(find) == SQLITE_ROW &&
        (uint64_t)sqlite3_column_int64(find, 0) >= own->last_block &&
        sqlite3_column_int(find, 1) >= own->ended)
        *verdict = sqlite3_column_int(find, 2) ? DAMAGED_BEFORE : NOTHING_NEW;
    return sqlite3_reset(find);
}

int file_rows_choose(const struct db *db, char **paths, int *count)
{
    const int total = *count;
    sqlite3_stmt *find = NULL;
    int code =
        db_prepare(db, "SELECT last_block, ended, " ANY_LOST " FROM file WHERE salt = ?", &find);
    int kept = 0;

    for (int i = 0; i < total && !code; i++) {
        struct outline outline;
        enum verdict verdict;

        outline_file(paths[i], &outline);
        code = judge(find, &outline, &verdict);
        if (verdict == READ)
            paths[kept++] = paths[i];
        else if (verdict == NOTHING_NEW)
            message_warn(paths[i], "is in the database already: skipped");
        else
            message_warn(paths[i], "is in the database already, as it was when it was damaged:"
                                   " skipped; " NEW_ADVICE);
    }
    *count = kept;
    sqlite3_finalize(find);
    return code;
}

/* The header's fixed part could be read. */
static bool has_header(const struct nst_file_info *info)
{
    return any_set(info->capture_id, sizeof(info->capture_id));
}

static int insert_capture(const struct db *db, const struct nst_file_info *info, int64_t *id)
{
    sqlite3_stmt *s;
    int code = db_prepare(db,
                          "INSERT INTO capture(uuid, hostname, boot_id, kernel_release,"
                          " kernel_version, machine, cpus, tracking_exact)"
                          " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                          &s);

    if (code)
        return code;
    bind_identity(s, 1, info->capture_id, sizeof(info->capture_id));
    db_bind_text(s, 2, info->hostname);
    bind_identity(s, 3, info->boot_id, sizeof(info->boot_id));
    db_bind_text(s, 4, info->kernel_release);
    db_bind_text(s, 5, info->kernel_version);
    db_bind_text(s, 6, info->machine);
    db_bind_unless(s, 7, info->cpus == 0, info->cpus);
    db_bind_unless(s, 8, !has_header(info), info->tracking_exact);
    sqlite3_step(s);
    code = sqlite3_finalize(s);
    *id = sqlite3_last_insert_rowid(db->handle);
    return code;
}

/* A file whose header is damaged does not say of which capture it is: it is one of its own. */
static int capture_row(const struct db *db, const struct nst_file_info *info, int64_t *id)
{
    sqlite3_stmt *s;
    int code = db_prepare(db, "SELECT id FROM capture WHERE uuid = ?", &s);
    bool found;

    if (code)
        return code;
    bind_identity(s, 1, info->capture_id, sizeof(info->capture_id));
    found = sqlite3_step(s) == SQLITE_ROW;
    *id = found ? sqlite3_column_int64(s, 0) : 0;
    code = sqlite3_finalize(s);
    if (code || found)
        return code;
    return insert_capture(db, info, id);
}

static int find_file(const struct db *db, const struct nst_file_info *info, struct file_row *file)
{
    sqlite3_stmt *s;
    int code = db_prepare(
        db, "SELECT id, capture_id, last_block, " ANY_LOST " FROM file WHERE salt = ?", &s);

    if (code)
        return code;
    db_bind_blob(s, 1, info->salt, sizeof(info->salt));
    if (sqlite3_step(s) == SQLITE_ROW) {
        file->id = sqlite3_column_int64(s, 0);
        file->capture = sqlite3_column_int64(s, 1);
        file->known = sqlite3_column_type(s, 2) != SQLITE_NULL;
        file->known_block = (uint64_t)sqlite3_column_int64(s, 2);
        file->damaged_before = sqlite3_column_int(s, 3);
    }
    return sqlite3_finalize(s);
}

static int insert_file(const struct db *db, const struct input_file *input, struct file_row *file)
{
    const struct nst_file_info *info = input->info;
    bool unknown = !has_header(info);
    sqlite3_stmt *s;
    int code = db_prepare(db,
                          "INSERT INTO file(capture_id, salt, sequence, path, events, snaplen,"
                          " monotonic_ns, boottime_ns, realtime_ns, writer, command_line,"
                          " capture_filter, drop_reasons, ended, bad_header, bad_blocks,"
                          " lost_blocks, duplicate_blocks, skipped_bytes, torn_bytes)"
                          " VALUES(?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)",
                          &s);

    if (code)
        return code;
    sqlite3_bind_int64(s, 1, file->capture);
    db_bind_blob(s, 2, info->salt, sizeof(info->salt));
    sqlite3_bind_int64(s, 3, info->sequence);
    db_bind_text(s, 4, input->path);
    db_bind_unless(s, 5, unknown, info->snaplen);
    db_bind_unless(s, 6, unknown, (int64_t)info->monotonic_ns);
    db_bind_unless(s, 7, unknown, (int64_t)info->boottime_ns);
    db_bind_unless(s, 8, unknown, (int64_t)info->realtime_ns);
    db_bind_text(s, 9, info->writer);
    db_bind_text(s, 10, info->command_line);
    db_bind_text(s, 11, info->filter);
    db_bind_text(s, 12, info->drop_reasons);
    sqlite3_step(s);
    code = sqlite3_finalize(s);
    file->id = sqlite3_last_insert_rowid(db->handle);
    return code;
}

static int begin_file(struct file_rows *files, const struct db *db, const struct input_file *input)
{
    struct file_row *file = &files->rows[input->index];
    int code = find_file(db, input->info, file);

    if (code)
        return code;
    if (file->id) {
        if (file->known && file->damaged_before)
            message_warn(input->path, "was damaged when it was imported before; " NEW_ADVICE);
        return SQLITE_OK;
    }
    code = capture_row(db, input->info, &file->capture);
    return code ? code : insert_file(db, input, file);
}

static unsigned count_captures(const struct file_rows *files)
{
    unsigned count = 0;

    for (unsigned i = 0; i < files->count; i++) {
        unsigned j = 0;

        while (files->rows[j].capture != files->rows[i].capture)
            j++;
        count += j == i;
    }
    return count;
}

int file_rows_begin(struct file_rows *files, const struct db *db, const struct input *in)
{
    int code = db_integer(db, "SELECT max(id) FROM capture", &files->known_captures);

    files->count = input_files_count(in);
    files->rows = calloc(files->count, sizeof(*files->rows));
    if (!files->rows)
        return SQLITE_NOMEM;
    for (unsigned i = 0; i < files->count && !code; i++)
        code = begin_file(files, db, input_file(in, i));
    if (!code)
        files->captures = count_captures(files);
    return code;
}

bool file_row_wants(struct file_row *file, const struct input_event *event)
{
    const struct nst_block_info *info = &event->block->info;

    if (file->known && info->sequence <= file->known_block)
        return false;
    if (!file->begun || info->sequence > file->last_block)
        file->last_block = info->sequence;
    if (!file->begun || event->time_ns < file->first_time_ns)
        file->first_time_ns = event->time_ns;
    file->begun = true;
    file->events++;
    return true;
}

static int end_file(sqlite3_stmt *update, const struct input_file *input,
                    const struct file_row *file)
{
    const struct nst_damage *damage = input->damage;

    sqlite3_bind_int64(update, 1, file->id);
    db_bind_unless(update, 2, input->size == 0, (int64_t)input->size);
    sqlite3_bind_int64(update, 3, (int64_t)file->events);
    db_bind_unless(update, 4, !file->begun, (int64_t)file->last_block);
    sqlite3_bind_int(update, 5, damage->ended);
    sqlite3_bind_int(update, 6, damage->bad_header != 0);
    sqlite3_bind_int64(update, 7, (int64_t)damage->bad_blocks);
    sqlite3_bind_int64(update, 8, (int64_t)damage->lost_blocks);
    sqlite3_bind_int64(update, 9, (int64_t)damage->duplicates);
    sqlite3_bind_int64(update, 10, (int64_t)damage->skipped_bytes);
    sqlite3_bind_int64(update, 11, (int64_t)damage->torn_bytes);
    db_bind_unless(update, 12, !file->begun, (int64_t)file->first_time_ns);
    return db_run(update);
}

int file_rows_end(struct file_rows *files, const struct db *db, const struct input *in)
{
    sqlite3_stmt *update;
    int code = db_prepare(db,
                          "UPDATE file SET size_bytes = ?2, events = events + ?3,"
                          " last_block = coalesce(max(last_block, ?4), ?4, last_block),"
                          " ended = ?5, bad_header = ?6, bad_blocks = max(bad_blocks, ?7),"
                          " lost_blocks = max(lost_blocks, ?8),"
                          " duplicate_blocks = ?9, skipped_bytes = ?10, torn_bytes = ?11,"
                          " first_ts_ns = coalesce(min(first_ts_ns, ?12), ?12, first_ts_ns)"
                          " WHERE id = ?1",
                          &update);

    for (unsigned i = 0; i < files->count && !code; i++)
        code = end_file(update, input_file(in, i), &files->rows[i]);
    sqlite3_finalize(update);
    return code;
}

void file_rows_free(struct file_rows *files)
{
    for (unsigned i = 0; i < files->count; i++)
        dims_cache_free(&files->rows[i].dims);
    free(files->rows);
    *files = (struct file_rows){0};
}
