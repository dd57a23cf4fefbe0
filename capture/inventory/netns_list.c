/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/netns_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/inventory/netns_file.h"
#include "capture/inventory/nsids.h"
#include "capture/inventory/proc.h"
#include "format/array.h"
#include "format/error.h"

#define PATH_TO_PID "%d/ns/net"
#define PATH_ROOM   40

static dev_t device_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) ? 0 : status.st_dev;
}

static uint32_t find_initial(int proc)
{
    int process = proc_open_initial(proc);
    uint32_t inum;

    if (process < 0)
        return 0;
    inum = proc_read_ns(process, "ns/net");
    close(process);
    return inum;
}

/* Whether they are there, and tell our own namespace's cookie. */
static bool handles_work(struct netns_list *list)
{
    struct nst_netns own;
    bool work;
    int fd;

    if (!netns_file_read_handle(list->own, "", &own) || rtnl_open(&list->rtnl))
        return false;
    work = rtnl_cookie(&list->rtnl) == own.cookie;
    rtnl_close(&list->rtnl);
    fd = work ? netns_file_open_handle(&own) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int netns_list_init(struct netns_list *list, bool with_contents, struct nst_error *err)
{
    *list = (struct netns_list){.with_contents = with_contents, .rtnl.fd = -1};
    list->own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    list->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list->own < 0 || list->proc < 0)
        return nst_fail(err, -errno, "/proc: %s", strerror(errno));
    list->nsfs = device_of(list->own);
    list->initial_inum = find_initial(list->proc);
    list->handles = handles_work(list);
    list->nsids = nsids_new(with_contents);
    netns_list_leave(list);
    if (nst_hash_init(&list->by_inum))
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    return 0;
}

static void clear_paths(struct netns_entry *ns)
{
    for (uint32_t i = 0; i < ns->paths_count; i++)
        free(ns->paths[i].text);
    free(ns->paths);
    ns->paths = NULL;
    ns->paths_count = 0;
}

void netns_list_clear(struct netns_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        clear_paths(&list->entries[i]);
        netns_contents_free(&list->entries[i].contents);
    }
    list->count = 0;
    list->left_out = 0;
    nst_hash_clear(&list->by_inum);
}

void netns_list_free(struct netns_list *list)
{
    netns_list_clear(list);
    nsids_free(list->nsids);
    nst_hash_free(&list->by_inum);
    free(list->entries);
    if (list->own >= 0)
        close(list->own);
    if (list->proc >= 0)
        close(list->proc);
}

struct netns_entry *netns_list_find(struct netns_list *list, uint32_t inum)
{
    const struct hash_slot *s;
    uint32_t hash = (uint32_t)hash_mix(0, inum);

    for (s = nst_hash_first(&list->by_inum, hash); s->entry; s = nst_hash_next(&list->by_inum, s))
        if (list->entries[s->entry - 1].netns.inum == inum)
            return &list->entries[s->entry - 1];
    return NULL;
}

static struct netns_entry *add(struct netns_list *list, uint32_t inum)
{
    struct netns_entry *entries, *ns;

    if (list->count == NETNS_LIST_MAX || nst_hash_room(&list->by_inum))
        return NULL;
    entries = nst_array_room(list->entries, list->count, &list->room, sizeof(*entries));
    if (!entries)
        return NULL;
    list->entries = entries;
    nst_hash_add(&list->by_inum, (uint32_t)hash_mix(0, inum), list->count);
    ns = &list->entries[list->count++];
    *ns = (struct netns_entry){.netns.inum = inum, .owner_uid = NST_NONE};
    return ns;
}

/* Whose user namespace it belongs to: unprivileged users make namespaces in their own. */
static void read_owner(struct netns_entry *ns, int fd)
{
    int userns = ioctl(fd, NS_GET_USERNS);
    uid_t uid;

    if (userns < 0)
        return;
    ns->userns_inum = netns_file_inum(userns);
    if (ioctl(userns, NS_GET_OWNER_UID, &uid) == 0)
        ns->owner_uid = uid;
    close(userns);
}

/* Another namespace has the inum now. */
static void become_another(struct netns_entry *ns, uint64_t cookie)
{
    clear_paths(ns);
    ns->pid = 0;
    ns->populated = false;
    ns->netns.cookie = cookie;
}

/* Whether it still is the one that had the inum when it was looked at last. */
static void recognize(struct netns_list *list, struct netns_entry *ns, int fd)
{
    const struct nst_netns netns = {.cookie = rtnl_cookie(&list->rtnl), .inum = ns->netns.inum};
    int32_t nsid = ns->nsid;
    bool another = false;

    if (list->nsids)
        nsid = nsids_of(list->nsids, fd, &netns, &another);
    if (netns.cookie != ns->netns.cookie || nsid != ns->nsid)
        become_another(ns, netns.cookie);
    ns->nsid = nsid;
    ns->inum_reused |= another && !netns.cookie;
}

/* What changes while it is read is heard: it has its number by then. */
static bool read_inside(struct netns_list *list, struct netns_entry *ns, int fd)
{
    if (rtnl_open(&list->rtnl))
        return false;
    recognize(list, ns, fd);
    if (list->with_contents)
        netns_contents_read(&ns->contents, &list->rtnl, &ns->netns);
    rtnl_close(&list->rtnl);
    return true;
}

static bool read_netns(struct netns_list *list, struct netns_entry *ns, int fd)
{
    if (setns(fd, CLONE_NEWNET) || !read_inside(list, ns, fd))
        return false;
    read_owner(ns, fd);
    ns->just_read = true;
    return true;
}

/* What stood for the inum before is of another namespace, if the cookie is another. */
static struct netns_entry *visit(struct netns_list *list, int fd)
{
    uint32_t inum = netns_file_inum(fd);
    struct netns_entry *ns;

    if (!inum || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        errno = EINVAL;
        return NULL;
    }
    ns = netns_list_find(list, inum);
    if (!ns)
        ns = add(list, inum);
    if (ns) {
        read_netns(list, ns, fd);
        list->left_out += ns->contents.left_out;
    } else {
        list->left_out++;
        errno = ENOENT; /* so it seems to be to us */
    }
    return ns;
}

/* For kernels without handles: a look inside costs more than these. */
static bool still_same(struct netns_list *list, const struct netns_entry *ns, int fd)
{
    uint64_t cookie;

    if (netns_file_inum(fd) != ns->netns.inum)
        return false;
    if (list->nsids && ns->nsid > 0)
        return nsids_look(list->nsids, fd) == ns->nsid;
    if (setns(fd, CLONE_NEWNET) || rtnl_open(&list->rtnl))
        return false;
    cookie = rtnl_cookie(&list->rtnl);
    rtnl_close(&list->rtnl);
    return cookie == ns->netns.cookie;
}

static struct netns_entry *find_there(struct netns_list *list, int dir, const char *name)
{
    struct nst_netns netns;
    struct netns_entry *ns;
    struct stat status;

    if (list->handles) {
        if (!netns_file_read_handle(dir, name, &netns))
            return NULL;
        ns = netns_list_find(list, netns.inum);
        return ns && ns->netns.cookie == netns.cookie ? ns : NULL;
    }
    if (fstatat(dir, name, &status, 0))
        return NULL;
    return netns_list_find(list, (uint32_t)status.st_ino);
}

/* Whether it is the one that is meant, as far as this costs nothing. */
static int if_inum(int fd, uint32_t inum)
{
    if (fd < 0 || netns_file_inum(fd) == inum)
        return fd;
    close(fd);
    return -ENOENT;
}

struct netns_entry *netns_list_at(struct netns_list *list, int dir, const char *name, bool verify)
{
    struct netns_entry *ns = find_there(list, dir, name);
    int fd;

    if (ns && (list->handles || !verify))
        return ns;
    fd = netns_file_open(dir, name);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    if (!ns || !still_same(list, ns, fd))
        ns = visit(list, fd);
    close(fd);
    return ns;
}

/* Of two with the same inum, one after the other, the mount was of the one that was there before it
 * and is after it. */
struct netns_entry *netns_list_mounted(struct netns_list *list, int process, const char *path,
                                       uint32_t inum)
{
    struct netns_entry *ns = netns_list_find(list, inum);
    int fd;

    if (ns && (!list->nsids || netns_list_is_alive(list, &ns->netns)))
        return ns;
    fd = if_inum(netns_file_open_in(process, path, list->nsfs), inum);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    ns = visit(list, fd);
    close(fd);
    return ns;
}

struct netns_entry *netns_list_by_cookie(struct netns_list *list, const struct nst_netns *netns)
{
    struct netns_entry *ns;
    int fd = list->handles && netns->cookie ? netns_file_open_handle(netns) : -ENOENT;

    if (fd < 0)
        return NULL;
    ns = netns_list_find(list, netns->inum);
    if (!ns || ns->netns.cookie != netns->cookie)
        ns = visit(list, fd);
    close(fd);
    return ns;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool netns_entry_has_path(const struct netns_entry *ns, const char *path)
{
    for (uint32_t i = 0; i < ns->paths_count; i++)
        if (!strcmp(file_name(ns->paths[i].text), file_name(path)))
            return true;
    return false;
}

bool netns_entry_add_path(struct netns_entry *ns, const char *path, pid_t pid)
{
    struct netns_path *paths = NULL;
    char *text = strdup(path);

    if (text && ns->paths_count < NETNS_PATHS_MAX)
        paths = reallocarray(ns->paths, ns->paths_count + 1, sizeof(*paths));
    if (!paths) {
        free(text);
        return false;
    }
    ns->paths = paths;
    ns->paths[ns->paths_count++] = (struct netns_path){.text = text, .pid = pid};
    return true;
}

static int open_bound(const struct netns_list *list, const struct netns_path *path)
{
    char name[PATH_ROOM];
    int process, fd;

    if (!path->pid)
        return netns_file_open(AT_FDCWD, path->text);
    snprintf(name, sizeof(name), "%d", (int)path->pid);
    process = proc_open(list->proc, name);
    if (process < 0)
        return -ESRCH;
    fd = netns_file_open_in(process, path->text, list->nsfs);
    close(process);
    return fd;
}

int netns_list_open(const struct netns_list *list, const struct netns_entry *ns)
{
    int fd = -ENOENT;

    if (list->handles)
        return netns_file_open_handle(&ns->netns);
    if (ns->pid) {
        char path[PATH_ROOM];

        snprintf(path, sizeof(path), PATH_TO_PID, (int)ns->pid);
        fd = if_inum(netns_file_open(list->proc, path), ns->netns.inum);
    }
    for (uint32_t i = 0; fd < 0 && i < ns->paths_count; i++)
        fd = if_inum(open_bound(list, &ns->paths[i]), ns->netns.inum);
    return fd;
}

bool netns_list_is_same(struct netns_list *list, const struct netns_entry *ns)
{
    bool still;
    int fd;

    if (!list->nsids || ns->netns.cookie)
        return true;
    fd = netns_list_open(list, ns);
    still = fd >= 0 && still_same(list, ns, fd);
    if (fd >= 0)
        close(fd);
    return still;
}

bool netns_list_is_alive(struct netns_list *list, const struct nst_netns *netns)
{
    return list->nsids && nsids_know(list->nsids, netns);
}

int netns_list_fd(const struct netns_list *list)
{
    return list->nsids ? nsids_fd(list->nsids) : -1;
}

enum change_kind netns_list_next(struct netns_list *list, struct nst_netns *netns)
{
    return list->nsids ? nsids_next(list->nsids, netns) : CHANGE_NONE;
}

bool netns_list_read_again(struct netns_list *list, struct netns_entry *ns)
{
    int fd = netns_list_open(list, ns);
    bool read;

    if (fd < 0)
        return false;
    read = read_netns(list, ns, fd);
    close(fd);
    return read;
}

void netns_list_leave(const struct netns_list *list)
{
    /* Cannot fail: we came from there, and hold it. Who may not enter any (EPERM) never left. */
    if (setns(list->own, CLONE_NEWNET) && errno != EPERM)
        abort();
}
