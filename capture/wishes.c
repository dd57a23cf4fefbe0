/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/wishes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/meant.h"
#include "capture/netns_id.h"
#include "capture/sought.h"
#include "capture/wish_list.h"
#include "format/error.h"
#include "format/who.h"

struct wishes {
    struct nst_who *whos;
    size_t whos_count;
    bool *met;               /* of each: whether the inventory knows what it means */
    struct nst_netns *meant; /* by each at the start; what is not known of it is 0 */
    bool by_name;            /* some are names */
    bool by_inum;            /* no cookie is known of those that are files of some kind */
    struct wish_list list;
    bool saw_all;          /* that there is, in the scan that is under way */
    struct sought *sought; /* NULL: none are containers */
    bool heard;            /* of containers, since that was heeded */
    bool missed;           /* some of what was heard, for lack of memory */
    bool has_cookies;      /* the inventory knows some */
    int mounts;            /* a name is a mount: see netns(8) and proc(5), mountinfo */
};

static uint32_t wish_of(const struct nst_who *who)
{
    return who->exclude ? EV_NETNS_EXCLUDED : EV_NETNS_WANTED;
}

static int add_fixed(struct wishes *w, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct wish *wish;
    int error = wish_list_for(&w->list, netns, &wish, err);

    if (error)
        return error;
    wish->fixed |= what;
    return 0;
}

static int add_named(struct wishes *w, const struct nst_netns *netns, uint32_t what,
                     struct nst_error *err)
{
    struct wish *wish;
    int error = wish_list_for(&w->list, netns, &wish, err);

    if (error)
        return error;
    wish->named |= what;
    wish->seen |= what;
    wish->scan = w->list.scan;
    return wish_list_tell(&w->list, wish, err);
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

        if (!nst_who_fits_name(who, name))
            continue;
        if (!netns.inum) {
            error = netns_identify(folder, name, &netns);
            if (error == -EDEADLK)
                return netns_no_way_back(err);
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
    for (size_t i = 0; w->saw_all && i < w->list.count; i++)
        if (w->list.wishes[i].key & EV_NETNS_BY_INUM)
            w->list.wishes[i].named = w->list.wishes[i].seen;
    return wish_list_tell_all(&w->list, err);
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
    w->list.scan++;
    w->saw_all = true;
    wish_list_begin_look(&w->list);
    while (!error && folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            error = look_at_name(w, dirfd(folder), entry->d_name, err);
    if (folder)
        closedir(folder);
    return error ? error : end_look(w, err);
}

/* The inventory will tell of it. */
static int seek(struct wishes *w, struct nst_error *err)
{
    if (!w->sought)
        w->sought = sought_new(w->whos, w->whos_count);
    return w->sought ? 0 : nst_fail(err, -ENOMEM, "no memory for containers");
}

static int resolve(struct wishes *w, size_t which, struct nst_error *err)
{
    struct nst_who *who = &w->whos[which];
    struct nst_netns *netns = &w->meant[which];
    int error;

    if (nst_who_is_container(who))
        return seek(w, err);
    error = meant_find(who, netns, err);
    if (error)
        return error;
    if (who->form != NST_WHO_NAME)
        return add_fixed(w, netns, wish_of(who), err);
    w->by_name = true; /* for wishes_look() */
    return 0;
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
    w->list.map = -1;
    w->mounts = -1;
    error = parse(w, texts, count, err);
    for (size_t i = 0; !error && i < w->whos_count; i++)
        error = resolve(w, i, err);
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
    wish_list_free(&w->list);
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
    w->list.map = map;
    return wish_list_tell_all(&w->list, err);
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
    wish_list_begin_look(&w->list);
    while ((who = sought_next(w->sought, &at, &netns))) {
        struct wish *wish;

        error = wish_list_for(&w->list, &netns, &wish, err);
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
    for (size_t i = 0; i < w->list.count; i++)
        w->list.wishes[i].contained = w->list.wishes[i].seen;
    error = wish_list_tell_all(&w->list, err);
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
