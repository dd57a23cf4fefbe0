/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_db_filter.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyze/match.h"
#include "analyze/message.h"
#include "analyze/who_choices.h"

/* A matcher for each host. */
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

int netns_db_filter(struct netns_report *r, const struct filter *filter, const char *name)
{
    struct db_filter f = {0};
    int status;

    if (begin_filter(&f, filter, r))
        status = check_filter(&f, filter, r, name);
    else
        status = message_error(NULL, "no memory for the report");
    if (status == STATUS_OK)
        report_keep(r, is_wanted_in_db, &f);
    end_filter(&f);
    return status;
}
