/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail netns: who the namespaces were. */
#include "config.h"

#include <stdio.h>

#include "analyze/db.h"
#include "analyze/file_kind.h"
#include "analyze/filter.h"
#include "analyze/input.h"
#include "analyze/message.h"
#include "analyze/netns_db.h"
#include "analyze/netns_db_filter.h"
#include "analyze/netns_files.h"
#include "analyze/netns_report.h"
#include "analyze/options.h"

enum {
    OPTION_JSON = 256,
    OPTION_TREE,
};

static const struct option_spec netns_options[] = {
    {OPTION_JSON, "json", NULL, "an array of objects, their keys as nstrail(1) lists them"},
    {'l', "long", NULL, "all that is known of each namespace: processes, devices..."},
    {OPTION_TREE, "tree", NULL, "devices by namespace: who is wired to whom"},
    {0},
};

typedef bool (*printer)(FILE *out, const struct netns_report *r);

static int print_files(const struct options *o, struct filter *filter, printer print)
{
    struct netns_report report = {0};
    struct input *in;
    int status;
    bool ok;

    if (input_open(&in, o->operands, o->operands_count, filter, NST_LOAD_META) != STATUS_OK)
        return STATUS_FAILED;
    ok = netns_files_report(in, filter_follows(filter), &report);
    status = input_status(in);
    if (ok && status != STATUS_FAILED)
        ok = print(stdout, &report);
    if (!ok)
        message_error(NULL, "no memory for the report");
    status = input_close(in);
    report_free(&report);
    return ok ? status : STATUS_FAILED;
}

static int print_report(struct netns_report *r, const struct filter *filter, const char *name,
                        printer print)
{
    int status;

    report_sort(r);
    status = netns_db_filter(r, filter, name);
    if (status == STATUS_OK && !print(stdout, r))
        status = message_error(NULL, "no memory for the report");
    return status;
}

static int print_db(const struct options *o, const struct filter *filter, printer print)
{
    const char *name = o->operands[0];
    struct netns_report report = {0};
    struct db db;
    int status, code;

    if (o->operands_count > 1)
        return message_error(NULL, "netns: a database is given alone");
    if (filter_asks_events(filter))
        return message_error(NULL, "netns: of a database only --netns can be asked");
    if (db_open_read(&db, name) != STATUS_OK)
        return STATUS_FAILED;
    code = netns_db_report(&db, &report);
    status = code ? db_error(&db, code) : print_report(&report, filter, name, print);
    report_free(&report);
    db_abandon(&db);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct filter *filter = filter_new();
    printer print = NULL;
    struct options o;
    int letter, status = STATUS_FAILED;
    bool twice = false;

    if (!filter)
        return STATUS_FAILED;
    options_begin(&o, command, argc, argv, filter);
    while ((letter = options_next(&o)) >= 0) {
        twice |= print != NULL;
        print = letter == OPTION_JSON   ? netns_print_json
                : letter == OPTION_TREE ? netns_print_tree
                                        : netns_print_long;
    }
    if (letter == OPTIONS_HELP)
        status = STATUS_OK;
    else if (letter == OPTIONS_END && twice)
        message_error(NULL, "netns: --json, --long and --tree are one or the other");
    else if (letter == OPTIONS_END && file_kind(o.operands[0]) == FILE_KIND_DATABASE)
        status = print_db(&o, filter, print ? print : netns_print_table);
    else if (letter == OPTIONS_END)
        status = print_files(&o, filter, print ? print : netns_print_table);
    filter_free(filter);
    return status;
}

const struct command cmd_netns = {
    .name = "netns",
    .operands = "FILE...|DB",
    .summary = "Says who the namespaces were",
    .options = netns_options,
    .run = run,
};
