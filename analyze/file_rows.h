/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of the tables capture and file, and with them: what of a file is in the database already.
 *
 * A file is known by its salt, whatever its name. One that was imported while it was still being
 * written is known up to its last whole block then; a later import adds the blocks after it.
 */
#ifndef NST_ANALYZE_FILE_ROWS_H
#define NST_ANALYZE_FILE_ROWS_H

#include "analyze/db.h"
#include "analyze/dims_cache.h"
#include "analyze/input.h"

/* Takes out of the list the files that hold nothing new, and says so: they are not even read. */
int file_rows_choose(const struct db *db, char **paths, int *count);

/* A file of the input. */
struct file_row {
    int64_t id;
    int64_t capture;
    bool known; /* was imported before, through block known_block */
    uint64_t known_block;
    bool damaged_before; /* and some of its blocks were lost then */
    bool begun;          /* events of it came, the latest of block last_block */
    uint64_t last_block;
    uint64_t events;
    uint64_t first_time_ns; /* of these */
    bool dated;             /* there is an event_clock for the event before, with offset_ns */
    int64_t offset_ns;
    struct dims_cache dims;
};

struct file_rows {
    struct file_row *rows; /* by input_file.index */
    unsigned count;
    unsigned captures;
    int64_t known_captures; /* the last that was there before */
};

/* Makes their rows, or finds them. */
int file_rows_begin(struct file_rows *files, const struct db *db, const struct input *in);
/* True: the event is to be imported, and is counted. */
bool file_row_wants(struct file_row *file, const struct input_event *event);
/* Completes their rows by what is known at the end. */
int file_rows_end(struct file_rows *files, const struct db *db, const struct input *in);
void file_rows_free(struct file_rows *files);

#endif
