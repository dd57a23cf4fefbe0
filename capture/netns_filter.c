/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/netns_filter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/container_filter.h"
#include "capture/netns_id.h"
#include "capture/netns_resolve.h"
#include "capture/netns_rules.h"
#include "format/error.h"
#include "format/who.h"

struct netns_filter {
    struct nst_who *whos; /* of --netns, in the order they were given */
    size_t whos_count;
    struct nst_netns *resolved; /* by each, at the start: 0 is what was not known of it */
    bool *matched;              /* by each: the inventory has told of something that it means */
    struct netns_rules rules;
    bool has_names;     /* some are names, which come and go: netns_filter_rescan() */
    bool scan_whole;    /* each name could be looked up, in the scan under way */
    int mounts_fd;      /* a name is a mount (netns(8)): proc(5)'s mountinfo polls when one comes */
    bool hides_cookies; /* this process may not ask for cookies of namespaces */
    bool has_cookies;   /* the inventory knows cookies of some */
    struct container_filter *containers; /* NULL: none are containers */
    bool containers_changed;             /* since netns_filter_apply_rows() */
    bool incomplete;                     /* there was no memory for some container */
};

static uint32_t rule_of(const struct nst_who *who)
{
    return who->exclude ? EV_NETNS_EXCLUDED : EV_NETNS_WANTED;
}

static int add_fixed(struct netns_filter *f, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct netns_rule *rule;
    int error = netns_rules_get(&f->rules, netns, &rule, err);

    if (error)
        return error;
    rule->fixed |= what;
    return 0;
}

static int add_named(struct netns_filter *f, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct netns_rule *rule;
    int error = netns_rules_get(&f->rules, netns, &rule, err);

    if (error)
        return error;
    rule->named |= what;
    rule->seen |= what;
    rule->scan = f->rules.scan;
    return netns_rules_write(&f->rules, rule, err);
}

/* The file is no namespace, or not yet or no more one: ip-netns(8) makes a file that nobody may
 * open, and then binds the namespace to it. */
static bool is_none(int error)
{
    return error == -EINVAL || error == -ENOENT || error == -EACCES;
}

static int scan_name(struct netns_filter *f, int folder, const char *name, struct nst_error *err)
{
    struct nst_netns netns = {0};
    int error = 0;

    for (size_t i = 0; !error && i < f->whos_count; i++) {
        const struct nst_who *who = &f->whos[i];

        if (!nst_who_fits_name(who, name))
            continue;
        if (!netns.inum) {
            error = netns_identify(folder, name, &netns);
            if (error == -EDEADLK)
                return netns_no_way_back(err);
            if (error) {
                f->scan_whole &= is_none(error);
                return 0;
            }
        }
        error = add_named(f, &netns, rule_of(who), err);
    }
    return error;
}

/* A namespace that has lost its name is still meant for as long as it lives. By a cookie, which is
 * never another's, it can stay in the map; an inum may be given to another namespace at once, so
 * its rule goes with the name. */
static int end_scan(struct netns_filter *f, struct nst_error *err)
{
    for (size_t i = 0; f->scan_whole && i < f->rules.count; i++)
        if (f->rules.list[i].key & EV_NETNS_BY_INUM)
            f->rules.list[i].named = f->rules.list[i].seen;
    return netns_rules_write_all(&f->rules, err);
}

int netns_filter_rescan(struct netns_filter *f, struct nst_error *err)
{
    const struct dirent *entry;
    DIR *folder;
    int error = 0;

    if (!f->has_names)
        return 0;
    folder = opendir(NETNS_NAMES_FOLDER);
    if (!folder && errno != ENOENT)
        return 0;
    f->rules.scan++;
    f->scan_whole = true;
    netns_rules_begin_scan(&f->rules);
    while (!error && folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            error = scan_name(f, dirfd(folder), entry->d_name, err);
    if (folder)
        closedir(folder);
    return error ? error : end_scan(f, err);
}

/* Which namespace a container has is known once the inventory tells of it. */
static int need_containers(struct netns_filter *f, struct nst_error *err)
{
    if (!f->containers)
        f->containers = container_filter_new(f->whos, f->whos_count);
    return f->containers ? 0 : nst_fail(err, -ENOMEM, "no memory for containers");
}

static int resolve(struct netns_filter *f, size_t which, struct nst_error *err)
{
    struct nst_who *who = &f->whos[which];
    struct nst_netns *netns = &f->resolved[which];
    int error;

    if (nst_who_is_container(who))
        return need_containers(f, err);
    error = netns_resolve(who, netns, err);
    if (error)
        return error;
    if (who->form != NST_WHO_NAME)
        return add_fixed(f, netns, rule_of(who), err);
    f->has_names = true; /* netns_filter_rescan() adds what it means, now and later */
    return 0;
}

static bool is_same(const struct nst_netns *a, const struct nst_netns *b)
{
    return (a->cookie && a->cookie == b->cookie) || (a->inum && a->inum == b->inum);
}

/* Somebody who asks for a namespace and leaves it out, by two ways to say it (a name and its inum),
 * does not know that they are one. A pattern or a container may mean one that is left out: that is
 * how to say "all of these but that one". */
static int check_resolved(const struct netns_filter *f, struct nst_error *err)
{
    for (size_t i = 0; i < f->whos_count; i++)
        for (size_t j = 0; f->whos[i].exclude && j < f->whos_count; j++)
            if (!f->whos[j].exclude && is_same(&f->resolved[i], &f->resolved[j]))
                return nst_fail(err, -EINVAL,
                                "--netns %s and %s are the same namespace, and exclude each other",
                                f->whos[j].given, f->whos[i].given);
    return 0;
}

static int parse(struct netns_filter *f, const char *const *texts, size_t count,
                 struct nst_error *err)
{
    f->whos = calloc(count + 1, sizeof(*f->whos));
    f->matched = calloc(count + 1, sizeof(*f->matched));
    f->resolved = calloc(count + 1, sizeof(*f->resolved));
    if (!f->whos || !f->matched || !f->resolved)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    for (; f->whos_count < count; f->whos_count++) {
        const char *wrong = nst_who_parse(texts[f->whos_count], &f->whos[f->whos_count]);

        if (wrong)
            return nst_fail(err, -EINVAL, "--netns %s: %s", texts[f->whos_count], wrong);
    }
    return 0;
}

int netns_filter_new(struct netns_filter **filter, const char *const *texts, size_t count,
                     struct nst_error *err)
{
    struct netns_filter *f = calloc(1, sizeof(*f));
    int error;

    if (!f)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    f->rules.map = -1;
    f->mounts_fd = -1;
    error = parse(f, texts, count, err);
    for (size_t i = 0; !error && i < f->whos_count; i++)
        error = resolve(f, i, err);
    if (!error)
        error = check_resolved(f, err);
    if (!error && f->has_names)
        f->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (!error)
        error = netns_filter_rescan(f, err);
    f->hides_cookies = netns_hides_cookies();
    if (error)
        netns_filter_free(f);
    else
        *filter = f;
    return error;
}

void netns_filter_free(struct netns_filter *f)
{
    if (!f)
        return;
    if (f->mounts_fd >= 0)
        close(f->mounts_fd);
    container_filter_free(f->containers);
    free(f->matched);
    free(f->resolved);
    free(f->whos);
    netns_rules_free(&f->rules);
    free(f);
}

bool netns_filter_has_wanted(const struct netns_filter *f)
{
    for (size_t i = 0; i < f->whos_count; i++)
        if (!f->whos[i].exclude)
            return true;
    return false;
}

const struct nst_who *netns_filter_by_inum(const struct netns_filter *f)
{
    for (size_t i = 0; f->hides_cookies && i < f->whos_count; i++) {
        enum nst_who_form form = f->whos[i].form;

        if (form == NST_WHO_NAME || form == NST_WHO_PATH || form == NST_WHO_PID)
            return &f->whos[i];
    }
    return NULL;
}

int netns_filter_begin(struct netns_filter *f, int map, struct nst_error *err)
{
    f->rules.map = map;
    return netns_rules_write_all(&f->rules, err);
}

int netns_filter_fd(const struct netns_filter *f)
{
    return f->mounts_fd;
}

bool netns_filter_has_containers(const struct netns_filter *f)
{
    return f->containers;
}

static bool matches_row(const struct nst_who *who, const struct nst_netns *netns)
{
    return (who->form == NST_WHO_INUM && who->number == netns->inum) ||
           (who->form == NST_WHO_COOKIE && who->number == netns->cookie);
}

void netns_filter_note_row(struct netns_filter *f, const struct row *row)
{
    if (row->kind == ROW_NETNS && row->netns.last_ts_ns == NST_STILL) {
        f->has_cookies |= row->netns.netns.cookie != 0;
        for (size_t i = 0; i < f->whos_count; i++)
            f->matched[i] |= matches_row(&f->whos[i], &row->netns.netns);
    } else if (row->kind == ROW_CONTAINER && f->containers) {
        f->incomplete |= !container_filter_note_row(f->containers, &row->container);
        f->containers_changed = true;
    }
}

int netns_filter_apply_rows(struct netns_filter *f, struct nst_error *err)
{
    const struct nst_who *who;
    struct nst_netns netns;
    size_t at = 0;
    int error, full = 0;

    if (!f->containers_changed)
        return 0;
    if (f->incomplete)
        return nst_fail(err, -ENOMEM, "no memory for containers");
    f->containers_changed = false;
    netns_rules_begin_scan(&f->rules);
    while ((who = container_filter_next(f->containers, &at, &netns))) {
        struct netns_rule *rule;

        error = netns_rules_get(&f->rules, &netns, &rule, err);
        /* The others are still to be followed; the caller says that these are not. */
        if (error == -E2BIG) {
            full = error;
            continue;
        }
        if (error)
            return error;
        rule->seen |= rule_of(who);
        f->matched[who - f->whos] = true;
    }
    for (size_t i = 0; i < f->rules.count; i++)
        f->rules.list[i].contained = f->rules.list[i].seen;
    error = netns_rules_write_all(&f->rules, err);
    return error ? error : full;
}

int netns_filter_check(const struct netns_filter *f, struct nst_error *err)
{
    const char *ids[2];

    for (size_t i = 0; f->containers && i < f->whos_count; i++)
        if (container_filter_is_ambiguous(f->containers, &f->whos[i], ids))
            return nst_fail(err, -EINVAL,
                            "--netns %s: the ids of several containers begin so: %s, %s",
                            f->whos[i].given, ids[0], ids[1]);
    return 0;
}

const struct nst_who *netns_filter_unmatched(const struct netns_filter *f,
                                             const struct nst_who *after)
{
    for (size_t i = after ? (size_t)(after - f->whos) + 1 : 0; i < f->whos_count; i++) {
        enum nst_who_form form = f->whos[i].form;

        if (!f->matched[i] && (form == NST_WHO_INUM || (form == NST_WHO_COOKIE && f->has_cookies) ||
                               nst_who_is_container(&f->whos[i])))
            return &f->whos[i];
    }
    return NULL;
}
