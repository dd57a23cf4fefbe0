/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/wishes.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/inventory/proc.h"
#include "capture/netns_id.h"
#include "capture/sought.h"
#include "format/array.h"
#include "format/error.h"
#include "format/who.h"

/* What is wished of a namespace (enum ev_netns_wish), and why. */
struct wish {
    uint64_t key;       /* as the BPF programs look it up */
    uint32_t fixed;     /* whatever comes */
    uint32_t named;     /* by its names */
    uint32_t contained; /* by the containers in it */
    uint32_t seen;      /* in the look that is under way, or was the last */
    uint32_t told;      /* what the map has; 0: it is not there */
    uint32_t scan;      /* that saw it by a name last */
};

struct wishes {
    struct nst_who *whos;
    size_t whos_count;
    bool *met;               /* of each: whether the inventory knows what it means */
    struct nst_netns *meant; /* by each at the start; what is not known of it is 0 */
    bool by_name;            /* some are names */
    bool by_inum;            /* no cookie is known of those that are files of some kind */
    struct wish *list;
    size_t count, room;
    uint32_t scan;
    bool saw_all;          /* that there is, in the scan that is under way */
    struct sought *sought; /* NULL: none are containers */
    bool heard;            /* of containers, since that was heeded */
    bool missed;           /* some of what was heard, for lack of memory */
    bool has_cookies;      /* the inventory knows some */
    int map;               /* -1: not yet */
    int mounts;            /* a name is a mount: see netns(8) and proc(5), mountinfo */
};

static uint64_t key_of(const struct nst_netns *netns)
{
    return netns->cookie ? netns->cookie : EV_NETNS_BY_INUM | netns->inum;
}

static uint32_t wish_of(const struct nst_who *who)
{
    return who->exclude ? EV_NETNS_EXCLUDED : EV_NETNS_WANTED;
}

static uint32_t what_of(const struct wish *wish)
{
    return wish->fixed | wish->named | wish->contained;
}

static int tell(const struct wishes *w, struct wish *wish, struct nst_error *err)
{
    uint32_t what = what_of(wish);

    if (w->map < 0 || what == wish->told)
        return 0;
    if (what ? bpf_map_update_elem(w->map, &wish->key, &what, BPF_ANY)
             : bpf_map_delete_elem(w->map, &wish->key))
        return nst_fail(err, -errno, "cannot tell the programs of a namespace: %s",
                        strerror(errno));
    wish->told = what;
    return 0;
}

/* Those of which nothing is wished any more go. */
static int tell_all(struct wishes *w, struct nst_error *err)
{
    size_t kept = 0;
    int error = 0;

    for (size_t i = 0; i < w->count; i++) {
        struct wish *wish = &w->list[i];

        if (!error)
            error = tell(w, wish, err);
        if (error || what_of(wish))
            w->list[kept++] = *wish;
    }
    w->count = kept;
    return error;
}

static struct wish *find(struct wishes *w, uint64_t key)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].key == key)
            return &w->list[i];
    return NULL;
}

/* One whose name has been gone the longest makes room. */
static struct wish *replace(struct wishes *w)
{
    struct wish *oldest = NULL;

    for (size_t i = 0; i < w->count; i++) {
        struct wish *wish = &w->list[i];

        if (!wish->fixed && !wish->contained && !wish->seen && wish->scan != w->scan &&
            (!oldest || wish->scan < oldest->scan))
            oldest = wish;
    }
    if (oldest && oldest->told)
        bpf_map_delete_elem(w->map, &oldest->key);
    return oldest;
}

static int make_room(struct wishes *w, struct wish **wish, struct nst_error *err)
{
    struct wish *list;

    if (w->count == EV_WISHES_MAX) {
        *wish = replace(w);
        return *wish
                   ? 0
                   : nst_fail(err, -E2BIG, "--netns means more than %d namespaces", EV_WISHES_MAX);
    }
    list = nst_array_room(w->list, w->count, &w->room, sizeof(*list));
    if (!list)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    w->list = list;
    *wish = &w->list[w->count++];
    return 0;
}

/* What is wished of that namespace, for somebody to add to. */
static int wish_for(struct wishes *w, const struct nst_netns *netns, struct wish **wish,
                    struct nst_error *err)
{
    uint64_t key = key_of(netns);
    int error = 0;

    *wish = find(w, key);
    if (*wish)
        return 0;
    error = make_room(w, wish, err);
    if (!error)
        **wish = (struct wish){.key = key};
    return error;
}

static int add_fixed(struct wishes *w, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct wish *wish;
    int error = wish_for(w, netns, &wish, err);

    if (error)
        return error;
    wish->fixed |= what;
    return 0;
}

static int add_named(struct wishes *w, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct wish *wish;
    int error = wish_for(w, netns, &wish, err);

    if (error)
        return error;
    wish->named |= what;
    wish->seen |= what;
    wish->scan = w->scan;
    return tell(w, wish, err);
}

static void begin_look(struct wishes *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->list[i].seen = 0;
}

static int no_way_back(struct nst_error *err)
{
    return nst_fail(err, -EDEADLK, "cannot come back to our own network namespace");
}

/* What stands there is no namespace, or none any more: ip-netns(8) binds one to a file that nobody
 * may open. */
static bool is_none(int error)
{
    return error == -EINVAL || error == -ENOENT || error == -EACCES;
}

static int look_at_name(struct wishes *w, int folder, const char *name, struct nst_error *err)
{
    struct nst_netns netns = {0};
    int error = 0;

    for (size_t i = 0; !error && i < w->whos_count; i++) {
        const struct nst_who *who = &w->whos[i];

        if (who->form != NST_WHO_NAME || fnmatch(who->text, name, 0))
            continue;
        if (!netns.inum) {
            error = netns_identify(folder, name, &netns);
            if (error == -EDEADLK)
                return no_way_back(err);
            if (error) {
                w->saw_all &= is_none(error);
                return 0;
            }
        }
        error = add_named(w, &netns, wish_of(who), err);
    }
    return error;
}

/* A cookie is its namespace's for ever, also without a name; an inum may be another's the moment
 * that it is free. */
static int end_look(struct wishes *w, struct nst_error *err)
{
    for (size_t i = 0; w->saw_all && i < w->count; i++)
        if (w->list[i].key & EV_NETNS_BY_INUM)
            w->list[i].named = w->list[i].seen;
    return tell_all(w, err);
}

int wishes_look(struct wishes *w, struct nst_error *err)
{
    const struct dirent *entry;
    DIR *folder;
    int error = 0;

    if (!w->by_name)
        return 0;
    folder = opendir(NETNS_NAMES_FOLDER);
    if (!folder && errno != ENOENT)
        return 0;
    w->scan++;
    w->saw_all = true;
    begin_look(w);
    while (!error && folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            error = look_at_name(w, dirfd(folder), entry->d_name, err);
    if (folder)
        closedir(folder);
    return error ? error : end_look(w, err);
}

/* The names that there are, as many as fit. */
static const char *list_names(char *text, size_t size)
{
    DIR *folder = opendir(NETNS_NAMES_FOLDER);
    const struct dirent *entry;
    size_t length = 0;

    *text = '\0';
    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        if (length + strlen(entry->d_name) + 8 > size) {
            snprintf(text + length, size - length, ", ...");
            break;
        }
        length += snprintf(text + length, size - length, "%s%s", length ? ", " : "", entry->d_name);
    }
    if (folder)
        closedir(folder);
    return *text ? text : "none";
}

static int refuse_name(const struct nst_who *who, struct nst_error *err)
{
    char names[120];

    return nst_fail(err, -ENOENT,
                    "--netns %s: no namespace has this name (there are: %s); a pattern also waits "
                    "for names to come",
                    who->given, list_names(names, sizeof(names)));
}

static int resolve_file(struct wishes *w, const struct nst_who *who, const char *path,
                        struct nst_error *err)
{
    struct nst_netns netns;
    int error = netns_identify(AT_FDCWD, path, &netns);

    if (error == -EDEADLK)
        return no_way_back(err);
    if (error == -EINVAL)
        return nst_fail(err, error, "--netns %s: %s is no network namespace", who->given, path);
    if (error)
        return nst_fail(err, error, "--netns %s: %s: %s", who->given, path, strerror(-error));
    w->meant[who - w->whos] = netns;
    return add_fixed(w, &netns, wish_of(who), err);
}

static int resolve_pid(struct wishes *w, const struct nst_who *who, struct nst_error *err)
{
    char path[64];
    int error;

    snprintf(path, sizeof(path), "/proc/%llu/ns/net", (unsigned long long)who->number);
    error = resolve_file(w, who, path, err);
    if (error == -ENOENT)
        return nst_fail(err, error, "--netns %s: there is no such process", who->given);
    if (error == -EACCES)
        return nst_fail(err, error,
                        "--netns %s: to ask for somebody else's process takes CAP_SYS_PTRACE",
                        who->given);
    return error;
}

/* A name that is there now; others are for wishes_look(). */
static int resolve_name(struct wishes *w, const struct nst_who *who, struct nst_error *err)
{
    char path[300];
    struct nst_netns netns;
    int error;

    w->by_name = true;
    if (nst_who_is_pattern(who))
        return 0;
    if ((size_t)snprintf(path, sizeof(path), NETNS_NAMES_FOLDER "/%s", who->text) >= sizeof(path))
        return refuse_name(who, err);
    error = netns_identify(AT_FDCWD, path, &netns);
    if (error == -EDEADLK)
        return no_way_back(err);
    if (error)
        return refuse_name(who, err);
    w->meant[who - w->whos] = netns;
    return 0;
}

static int identify_initial(struct nst_netns *netns)
{
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), process, error;

    if (proc < 0)
        return -errno;
    process = proc_open_initial(proc);
    close(proc);
    if (process < 0)
        return -ENOENT;
    error = netns_identify(process, "ns/net", netns);
    close(process);
    return error;
}

static int resolve_host(struct wishes *w, struct nst_who *who, struct nst_error *err)
{
    struct nst_netns netns;
    int error;

    if (!access(NETNS_NAMES_FOLDER "/host", F_OK)) {
        who->form = NST_WHO_NAME;
        return resolve_name(w, who, err);
    }
    error = identify_initial(&netns);
    if (error == -EDEADLK)
        return no_way_back(err);
    if (error)
        return nst_fail(err, error,
                        "--netns %s: which namespace is the initial one cannot be told: %s; say "
                        "its inum or cookie",
                        who->given,
                        error == -EACCES ? "that takes CAP_SYS_PTRACE"
                                         : "/proc shows no kernel threads");
    w->meant[who - w->whos] = netns;
    return add_fixed(w, &netns, wish_of(who), err);
}

static int resolve_number(struct wishes *w, const struct nst_who *who, struct nst_error *err)
{
    const struct nst_netns netns = {
        .cookie = who->form == NST_WHO_COOKIE ? who->number : 0,
        .inum = who->form == NST_WHO_INUM ? (uint32_t)who->number : 0,
    };

    /* The kernel counts them, so that it never comes there. */
    if (netns.cookie & EV_NETNS_BY_INUM)
        return nst_fail(err, -EINVAL, "--netns %s: no cookie is as large as this", who->given);
    w->meant[who - w->whos] = netns;
    return add_fixed(w, &netns, wish_of(who), err);
}

/* The inventory will tell of it. */
static int resolve_container(struct wishes *w, struct nst_error *err)
{
    if (!w->sought)
        w->sought = sought_new(w->whos, w->whos_count);
    return w->sought ? 0 : nst_fail(err, -ENOMEM, "no memory for containers");
}

static int resolve(struct wishes *w, struct nst_who *who, struct nst_error *err)
{
    switch (who->form) {
    case NST_WHO_INUM:
    case NST_WHO_COOKIE:
        return resolve_number(w, who, err);
    case NST_WHO_NAME:
        return resolve_name(w, who, err);
    case NST_WHO_PATH:
        return resolve_file(w, who, who->text, err);
    case NST_WHO_PID:
        return resolve_pid(w, who, err);
    case NST_WHO_CONTAINER:
    case NST_WHO_POD:
        return resolve_container(w, err);
    case NST_WHO_HOST:
        return resolve_host(w, who, err);
    }
    return -EINVAL;
}

static bool is_same(const struct nst_netns *a, const struct nst_netns *b)
{
    return (a->cookie && a->cookie == b->cookie) || (a->inum && a->inum == b->inum);
}

/* A pattern may mean one that is left out, and so may a container; who names a single namespace in
 * two ways does not know that it is one. */
static int check_meant(const struct wishes *w, struct nst_error *err)
{
    for (size_t i = 0; i < w->whos_count; i++)
        for (size_t j = 0; w->whos[i].exclude && j < w->whos_count; j++)
            if (!w->whos[j].exclude && is_same(&w->meant[i], &w->meant[j]))
                return nst_fail(err, -EINVAL,
                                "--netns %s and %s are the same namespace, and exclude each other",
                                w->whos[j].given, w->whos[i].given);
    return 0;
}

static int parse(struct wishes *w, const char *const *texts, size_t count, struct nst_error *err)
{
    w->whos = calloc(count + 1, sizeof(*w->whos));
    w->met = calloc(count + 1, sizeof(*w->met));
    w->meant = calloc(count + 1, sizeof(*w->meant));
    if (!w->whos || !w->met || !w->meant)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    for (; w->whos_count < count; w->whos_count++) {
        const char *wrong = nst_who_parse(texts[w->whos_count], &w->whos[w->whos_count]);

        if (wrong)
            return nst_fail(err, -EINVAL, "--netns %s: %s", texts[w->whos_count], wrong);
    }
    return 0;
}

int wishes_new(struct wishes **wishes, const char *const *texts, size_t count,
               struct nst_error *err)
{
    struct wishes *w = calloc(1, sizeof(*w));
    int error;

    if (!w)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    w->map = -1;
    w->mounts = -1;
    error = parse(w, texts, count, err);
    for (size_t i = 0; !error && i < w->whos_count; i++)
        error = resolve(w, &w->whos[i], err);
    if (!error)
        error = check_meant(w, err);
    if (!error && w->by_name)
        w->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (!error)
        error = wishes_look(w, err);
    w->by_inum = netns_hides_cookies();
    if (error)
        wishes_free(w);
    else
        *wishes = w;
    return error;
}

void wishes_free(struct wishes *w)
{
    if (!w)
        return;
    if (w->mounts >= 0)
        close(w->mounts);
    sought_free(w->sought);
    free(w->met);
    free(w->meant);
    free(w->whos);
    free(w->list);
    free(w);
}

bool wishes_want(const struct wishes *w)
{
    for (size_t i = 0; i < w->whos_count; i++)
        if (!w->whos[i].exclude)
            return true;
    return false;
}

const struct nst_who *wishes_by_inum(const struct wishes *w)
{
    for (size_t i = 0; w->by_inum && i < w->whos_count; i++) {
        enum nst_who_form form = w->whos[i].form;

        if (form == NST_WHO_NAME || form == NST_WHO_PATH || form == NST_WHO_PID)
            return &w->whos[i];
    }
    return NULL;
}

int wishes_begin(struct wishes *w, int map, struct nst_error *err)
{
    w->map = map;
    return tell_all(w, err);
}

int wishes_fd(const struct wishes *w)
{
    return w->mounts;
}

bool wishes_seek(const struct wishes *w)
{
    return w->sought;
}

static bool is_met(const struct nst_who *who, const struct nst_netns *netns)
{
    return (who->form == NST_WHO_INUM && who->number == netns->inum) ||
           (who->form == NST_WHO_COOKIE && who->number == netns->cookie);
}

void wishes_hear(struct wishes *w, const struct row *row)
{
    if (row->kind == ROW_NETNS && row->netns.last_ts_ns == NST_STILL) {
        w->has_cookies |= row->netns.netns.cookie != 0;
        for (size_t i = 0; i < w->whos_count; i++)
            w->met[i] |= is_met(&w->whos[i], &row->netns.netns);
    } else if (row->kind == ROW_CONTAINER && w->sought) {
        w->missed |= !sought_hear(w->sought, &row->container);
        w->heard = true;
    }
}

int wishes_heed(struct wishes *w, struct nst_error *err)
{
    const struct nst_who *who;
    struct nst_netns netns;
    size_t at = 0;
    int error, full = 0;

    if (!w->heard)
        return 0;
    if (w->missed)
        return nst_fail(err, -ENOMEM, "no memory for containers");
    w->heard = false;
    begin_look(w);
    while ((who = sought_next(w->sought, &at, &netns))) {
        struct wish *wish;

        error = wish_for(w, &netns, &wish, err);
        /* For those that there is room for, it holds all the same. */
        if (error == -E2BIG) {
            full = error;
            continue;
        }
        if (error)
            return error;
        wish->seen |= wish_of(who);
        w->met[who - w->whos] = true;
    }
    for (size_t i = 0; i < w->count; i++)
        w->list[i].contained = w->list[i].seen;
    error = tell_all(w, err);
    return error ? error : full;
}

int wishes_check(const struct wishes *w, struct nst_error *err)
{
    const char *ids[2];

    for (size_t i = 0; w->sought && i < w->whos_count; i++)
        if (sought_is_ambiguous(w->sought, &w->whos[i], ids))
            return nst_fail(err, -EINVAL,
                            "--netns %s: the ids of several containers begin so: %s, %s",
                            w->whos[i].given, ids[0], ids[1]);
    return 0;
}

const struct nst_who *wishes_unmet(const struct wishes *w, const struct nst_who *after)
{
    for (size_t i = after ? (size_t)(after - w->whos) + 1 : 0; i < w->whos_count; i++) {
        enum nst_who_form form = w->whos[i].form;

        if (!w->met[i] && (form == NST_WHO_INUM || (form == NST_WHO_COOKIE && w->has_cookies) ||
                           nst_who_is_container(&w->whos[i])))
            return &w->whos[i];
    }
    return NULL;
}
