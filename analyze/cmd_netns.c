/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* nstrail netns: who the namespaces were. Decodes no packets. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyze/db.h"
#include "analyze/file_kind.h"
#include "analyze/filter.h"
#include "analyze/input.h"
#include "analyze/inventory_life.h"
#include "analyze/match.h"
#include "analyze/message.h"
#include "analyze/netns_db.h"
#include "analyze/netns_report.h"
#include "analyze/options.h"
#include "analyze/who_choices.h"

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

/* Of each file, its host in the report. */
struct gather {
    struct netns_report report;
    struct input *in;
    unsigned *hosts;
    bool follows; /* packets were chosen, so those where one was are wanted, too */
};

/* The files of a host by age: what one of them leaves open the next one tells anew. */
static int compare_files(const void *a, const void *b, void *context)
{
    const struct input *in = context;
    const struct nst_file_info *left = input_file(in, *(const unsigned *)a)->info;
    const struct nst_file_info *right = input_file(in, *(const unsigned *)b)->info;

    return left->monotonic_ns < right->monotonic_ns ? -1 : left->monotonic_ns > right->monotonic_ns;
}

static bool learn_file(struct gather *g, unsigned file)
{
    const struct nst_file_info *info = input_file(g->in, file)->info;
    const struct input_totals *totals = input_totals(g->in, file);
    size_t host = report_host(&g->report, info->boot_id, info->hostname);
    struct report_host *h;

    if (host == SIZE_MAX)
        return false;
    h = &g->report.hosts[host];
    g->hosts[file] = (unsigned)host;
    if (totals->blocks)
        report_host_events(&g->report, host, totals->first_time_ns);
    if (!h->inventory.asleep_ns)
        h->inventory.asleep_ns = input_inventory(g->in, file)->asleep_ns;
    if (!anchors_join(&h->anchors, input_anchors(g->in, file)))
        return false;
    /* What was full before anybody had looked does not say that what was there is no more. */
    if (!inventory_tells(input_inventory(g->in, file)))
        return true;
    inventory_close(&h->inventory);
    return inventory_learn_from(&h->inventory, input_inventory(g->in, file));
}

static bool learn_files(struct gather *g)
{
    unsigned count = input_files_count(g->in);
    unsigned *order = calloc(count, sizeof(*order));
    bool ok = order;

    for (unsigned i = 0; ok && i < count; i++)
        order[i] = i;
    if (ok)
        qsort_r(order, count, sizeof(*order), compare_files, g->in);
    for (unsigned i = 0; ok && i < count; i++)
        ok = learn_file(g, order[i]);
    free(order);
    return ok;
}

static bool count_block(struct gather *g, const struct input_block *b)
{
    unsigned host = g->hosts[b->file->index];

    for (uint32_t i = 0; i < b->count; i++) {
        const struct nst_event *event = &b->block->events[b->events[i]];
        struct report_netns *n;

        if (event->netns == NST_NONE)
            continue;
        n = report_find(&g->report, host, &b->block->netns[event->netns], event->ts_ns);
        if (!n)
            return false;
        report_count(n, event->ts_ns, 1, event->drop_reason != NST_NONE, event->len_bytes);
    }
    return true;
}

/* Where times count from: the first event of all files, or the beginning of the first of them. */
static void set_base(struct gather *g)
{
    uint64_t first_ns = UINT64_MAX, begun_ns = UINT64_MAX;

    for (unsigned i = 0; i < input_files_count(g->in); i++) {
        const struct input_totals *t = input_totals(g->in, i);
        uint64_t begin_ns = input_file(g->in, i)->info->realtime_ns;

        if (t->blocks && t->first_time_ns < first_ns)
            first_ns = t->first_time_ns;
        /* A damaged header has none. */
        if (begin_ns && begin_ns < begun_ns)
            begun_ns = begin_ns;
    }
    g->report.base_ns = first_ns != UINT64_MAX ? first_ns : begun_ns;
}

/* A file knows nothing of who had an inum after its end, and not of all who had it. */
static bool is_in_file(const struct gather *g, unsigned file, const struct report_netns *n)
{
    const struct life life =
        inventory_life(input_inventory(g->in, file), &n->netns, n->first_ts_ns);

    return g->hosts[file] == n->host &&
           (n->netns.cookie || !life.is_known || !n->life_ns || life.first_ts_ns == n->life_ns);
}

static bool is_wanted(void *context, const struct report_netns *n)
{
    const struct gather *g = context;

    if (g->follows && n->events)
        return true;
    for (unsigned i = 0; i < input_files_count(g->in); i++)
        if (is_in_file(g, i, n) &&
            input_wants_netns(g->in, i, &n->netns, n->first_ts_ns, n->last_ts_ns))
            return true;
    return false;
}

static bool count_events(struct gather *g)
{
    struct input_block block;

    while (input_next_block(g->in, &block) > 0)
        if (!count_block(g, &block))
            return false;
    return true;
}

static bool gather_files(struct gather *g)
{
    bool seekable = input_can_restart(g->in);

    g->hosts = calloc(input_files_count(g->in), sizeof(*g->hosts));
    if (!g->hosts)
        return false;
    /* The tables of a pipe come with its events. */
    for (unsigned i = 0; !seekable && i < input_files_count(g->in); i++) {
        const struct nst_file_info *info = input_file(g->in, i)->info;

        g->hosts[i] = (unsigned)report_host(&g->report, info->boot_id, info->hostname);
        if (g->hosts[i] >= g->report.hosts_count)
            return false;
    }
    if ((!seekable && !count_events(g)) || !learn_files(g) || !report_fill(&g->report) ||
        (seekable && !count_events(g)))
        return false;
    set_base(g);
    report_sort(&g->report);
    report_keep(&g->report, is_wanted, g);
    return true;
}

static int print_files(const struct options *o, struct filter *filter, printer print)
{
    struct gather g = {.follows = filter_follows(filter)};
    int status;
    bool ok;

    if (input_open(&g.in, o->operands, o->operands_count, filter, NST_LOAD_META) != STATUS_OK)
        return STATUS_FAILED;
    ok = gather_files(&g);
    status = input_status(g.in);
    if (ok && status != STATUS_FAILED)
        ok = print(stdout, &g.report);
    if (!ok)
        message_error(NULL, "no memory for the report");
    status = input_close(g.in);
    report_free(&g.report);
    free(g.hosts);
    return ok ? status : STATUS_FAILED;
}

/* --netns for a database: a matcher for each host. */
struct db_filter {
    struct matcher *hosts;
    unsigned count;
};

static bool is_wanted_in_db(void *context, const struct report_netns *n)
{
    const struct db_filter *f = context;

    return match_netns(&f->hosts[n->host], &n->netns, n->first_ts_ns, n->last_ts_ns);
}

static bool begin_filter(struct db_filter *f, const struct filter *filter,
                         const struct netns_report *r)
{
    f->hosts = calloc(r->hosts_count + 1, sizeof(*f->hosts));
    for (; f->hosts && f->count < r->hosts_count; f->count++)
        if (!match_init(&f->hosts[f->count], filter) ||
            !match_learn(&f->hosts[f->count], &r->hosts[f->count].inventory))
            return false;
    for (size_t i = 0; f->hosts && i < r->count; i++)
        if (!match_see_netns(&f->hosts[r->list[i].host], &r->list[i].netns))
            return false;
    return f->hosts;
}

static void end_filter(struct db_filter *f)
{
    for (unsigned i = 0; i < f->count; i++)
        match_free(&f->hosts[i]);
    free(f->hosts);
}

/* What else there is to ask a database for, host by host. */
static void list_choices(const struct netns_report *r, const char *name, const struct nst_who *who,
                         bool ambiguous)
{
    for (unsigned host = 0; host < r->hosts_count; host++) {
        const struct report_host *h = &r->hosts[host];
        struct netns_list seen = {.count = 0};
        char *path = NULL;

        if (r->hosts_count > 1 && h->hostname &&
            asprintf(&path, "%s, host %s", name, h->hostname) < 0)
            path = NULL;
        who_choices_known(&h->inventory, &seen);
        for (size_t i = 0; i < r->count; i++)
            if (r->list[i].host == host)
                netns_list_add(&seen, &r->list[i].netns);
        if (ambiguous)
            who_choices_ambiguous(path ? path : name, &h->inventory, who->text);
        else
            who_choices_list(path ? path : name, &h->inventory, &seen, who);
        free(path);
    }
}

/* Each --netns is one that there is, and one alone. */
static int check_filter(const struct db_filter *f, const struct filter *filter,
                        const struct netns_report *r, const char *name)
{
    const struct nst_who *who;

    for (size_t i = 0; (who = filter_who(filter, i)); i++) {
        bool found = false, ambiguous = false;

        for (unsigned host = 0; host < f->count; host++) {
            found |= f->hosts[host].whos[i].found;
            ambiguous |= f->hosts[host].whos[i].spans.ambiguous;
        }
        if (found && !ambiguous)
            continue;
        message_error(name, "--netns %s: %s", who->given,
                      found ? "several containers begin so" : "no such namespace was recorded");
        list_choices(r, name, who, found);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

static int print_report(struct netns_report *r, const struct filter *filter, const char *name,
                        printer print)
{
    struct db_filter f = {0};
    bool ok = begin_filter(&f, filter, r);
    int status = ok ? check_filter(&f, filter, r, name) : STATUS_FAILED;

    if (status == STATUS_OK) {
        report_sort(r);
        report_keep(r, is_wanted_in_db, &f);
        ok = print(stdout, r);
    }
    end_filter(&f);
    return ok ? status : message_error(NULL, "no memory for the report");
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
