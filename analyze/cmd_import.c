/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail import: captures into an SQLite database. */
#include "config.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/db.h"
#include "analyze/file_rows.h"
#include "analyze/filter.h"
#include "analyze/import.h"
#include "analyze/input.h"
#include "analyze/message.h"
#include "analyze/options.h"
#include "analyze/progress.h"

/* SQLite's steps between two looks at whether to stop: some milliseconds. */
#define STEPS_BETWEEN_LOOKS 100000

static volatile sig_atomic_t stop;

static void note_stop(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

static void catch_signal(int signal_number)
{
    /* A second one ends the program at once. */
    struct sigaction action = {.sa_handler = note_stop, .sa_flags = SA_RESETHAND};

    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

static void ignore_signal(int signal_number)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

/* What was begun is undone before the program ends. */
static void catch_signals(bool from_pipe)
{
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    catch_signal(SIGINT);
    /* Ctrl-C ends whoever writes into the pipe, such as the recorder: what it has written by
     * then is what is wanted. */
    if (from_pipe)
        ignore_signal(SIGINT);
}

static int look_at_stop(void *context)
{
    (void)context;
    return stop;
}

struct watch {
    struct progress progress;
    const struct input *in;
};

static int show_progress(void *context, const char *phase, uint64_t events)
{
    struct watch *watch = context;

    if (phase) {
        /* All is read: see catch_signals(). */
        catch_signal(SIGINT);
        progress_phase(&watch->progress, phase);
    } else {
        progress_update(&watch->progress, input_bytes_done(watch->in), events);
    }
    return stop;
}

static uint64_t total_size(const struct input *in)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < input_files_count(in); i++) {
        uint64_t size = input_file(in, i)->size;

        if (!size)
            return 0;
        total += size;
    }
    return total;
}

/* Into the open transaction. enum status. */
static int import_input(struct db *db, struct input *in)
{
    struct watch watch = {.in = in};
    const struct import_hooks hooks = {.progress = show_progress, .context = &watch};
    uint64_t events;
    int code;

    progress_begin(&watch.progress, total_size(in));
    code = import_run(&hooks, db, in, &events);
    progress_clear(&watch.progress);
    if (code)
        return db_error(db, code);
    if (watch.progress.shown)
        message_warn(db->name, "%" PRIu64 " event%s imported", events,
                     MESSAGE_PLURAL(events));
    return STATUS_OK;
}

static int import_files(struct db *db, char **paths, int count, struct filter *filter)
{
    struct input *in;
    int status = input_open(&in, paths, count, filter, NST_LOAD_PACKETS | INPUT_HISTORY);
    int input_state;

    if (status == STATUS_FAILED)
        return status;
    status = import_input(db, in);
    input_state = input_close(in);
    return status == STATUS_OK ? input_state : status;
}

static bool reads_pipe(char *const *paths, int count)
{
    struct stat st;

    for (int i = 0; i < count; i++)
        if (!strcmp(paths[i], "-"))
            return fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
    return false;
}

static int import_into(const char *database, char **paths, int count, struct filter *filter)
{
    struct db db;
    int status, committed, code;

    /* Before there is a temporary file that a signal would leave behind. */
    catch_signals(reads_pipe(paths, count));
    status = db_open_import(&db, database);
    if (status != STATUS_OK)
        return status;
    sqlite3_progress_handler(db.handle, STEPS_BETWEEN_LOOKS, look_at_stop, NULL);
    code = file_rows_choose(&db, paths, &count);
    if (code)
        status = db_error(&db, code);
    else if (count)
        status = import_files(&db, paths, count, filter);
    if (status == STATUS_FAILED || !count) {
        db_abandon(&db);
        return status;
    }
    committed = db_commit(&db);
    return committed == STATUS_OK ? status : committed;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct filter *filter = filter_new();
    const char *database = NULL;
    struct options o;
    int letter, status;

    if (!filter)
        return STATUS_FAILED;
    options_begin(&o, command, argc, argv, filter);
    while ((letter = options_next(&o)) > 0)
        database = o.value;
    if (letter != OPTIONS_END)
        status = letter == OPTIONS_HELP ? STATUS_OK : STATUS_FAILED;
    else if (!database)
        status = message_error(NULL, "import: into which database? Name it with -d DB");
    else
        status = import_into(database, o.operands, o.operands_count, filter);
    filter_free(filter);
    return status;
}

static const struct option_spec import_options[] = {
    {'d', "database", "DB", "the database: made where there is none, else added to"},
    {0},
};

const struct command cmd_import = {
    .name = "import",
    .operands = "FILE...",
    .summary = "Puts captures into an SQLite database",
    .options = import_options,
    .run = run,
};
