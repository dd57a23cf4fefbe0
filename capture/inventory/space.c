/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/space.h"

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

/* Devices that change while they are read are read again so often. */
#define READ_TRIES 3

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
static bool handles_work(struct spaces *spaces)
{
    struct nst_netns own;
    bool work;
    int fd;

    if (!netns_file_read_handle(spaces->own, "", &own) || rtnl_open(&spaces->rtnl))
        return false;
    work = rtnl_cookie(&spaces->rtnl) == own.cookie;
    rtnl_close(&spaces->rtnl);
    fd = work ? netns_file_open_handle(&own) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int spaces_init(struct spaces *spaces, bool contents, struct nst_error *err)
{
    *spaces = (struct spaces){.contents = contents, .rtnl.fd = -1};
    spaces->own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    spaces->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (spaces->own < 0 || spaces->proc < 0)
        return nst_fail(err, -errno, "/proc: %s", strerror(errno));
    spaces->nsfs = device_of(spaces->own);
    spaces->initial_inum = find_initial(spaces->proc);
    spaces->handles = handles_work(spaces);
    spaces->nsids = nsids_new(contents);
    spaces_leave(spaces);
    if (nst_hash_init(&spaces->by_inum))
        return nst_fail(err, -ENOMEM, "no memory");
    return 0;
}

static void clear_paths(struct space *space)
{
    for (uint32_t i = 0; i < space->paths_count; i++)
        free(space->paths[i].text);
    free(space->paths);
    space->paths = NULL;
    space->paths_count = 0;
}

void spaces_clear(struct spaces *spaces)
{
    for (uint32_t i = 0; i < spaces->count; i++) {
        clear_paths(&spaces->list[i]);
        free(spaces->list[i].devices);
        free(spaces->list[i].addresses);
    }
    spaces->count = 0;
    spaces->left_out = 0;
    nst_hash_clear(&spaces->by_inum);
}

void spaces_free(struct spaces *spaces)
{
    spaces_clear(spaces);
    nsids_free(spaces->nsids);
    nst_hash_free(&spaces->by_inum);
    free(spaces->list);
    if (spaces->own >= 0)
        close(spaces->own);
    if (spaces->proc >= 0)
        close(spaces->proc);
}

struct space *spaces_find(struct spaces *spaces, uint32_t inum)
{
    const struct hash_slot *s;
    uint32_t hash = (uint32_t)hash_mix(0, inum);

    for (s = nst_hash_first(&spaces->by_inum, hash); s->entry;
         s = nst_hash_next(&spaces->by_inum, s))
        if (spaces->list[s->entry - 1].netns.inum == inum)
            return &spaces->list[s->entry - 1];
    return NULL;
}

static struct space *add(struct spaces *spaces, uint32_t inum)
{
    struct space *list, *space;

    if (spaces->count == SPACES_MAX || nst_hash_room(&spaces->by_inum))
        return NULL;
    list = nst_array_room(spaces->list, spaces->count, &spaces->room, sizeof(*list));
    if (!list)
        return NULL;
    spaces->list = list;
    nst_hash_add(&spaces->by_inum, (uint32_t)hash_mix(0, inum), spaces->count);
    space = &spaces->list[spaces->count++];
    *space = (struct space){.netns.inum = inum, .owner_uid = NST_NONE};
    return space;
}

static void copy_string(char *to, const char *from, size_t room)
{
    size_t len = from ? strnlen(from, room - 1) : 0;

    memcpy(to, from ? from : "", len);
    to[len] = '\0';
}

static void keep_device(void *context, const struct rtnl_link *link)
{
    struct space *space = context;
    struct space_device *list = NULL, *device;

    if (space->devices_count < SPACE_DEVICES_MAX)
        list = nst_array_room(space->devices, space->devices_count, &space->devices_room,
                              sizeof(*list));
    if (!list) {
        space->left_out++;
        return;
    }
    space->devices = list;
    device = &space->devices[space->devices_count++];
    *device = (struct space_device){
        .row = link->device, .elsewhere = link->link_elsewhere, .nsid = link->nsid};
    device->row.netns = space->netns;
    if (link->device.link_ifindex && !link->link_elsewhere)
        device->row.link_netns = space->netns;
    copy_string(device->name, link->device.name, sizeof(device->name));
    copy_string(device->kind, link->device.kind, sizeof(device->kind));
    device->row.name = device->row.kind = NULL;
}

static void keep_address(void *context, const struct nst_address *address)
{
    struct space *space = context;
    struct nst_address *list = NULL;

    if (space->addresses_count < SPACE_DEVICES_MAX)
        list = nst_array_room(space->addresses, space->addresses_count, &space->addresses_room,
                              sizeof(*list));
    if (!list) {
        space->left_out++;
        return;
    }
    space->addresses = list;
    space->addresses[space->addresses_count] = *address;
    space->addresses[space->addresses_count++].netns = space->netns;
}

/* Whose user namespace it belongs to: unprivileged users make namespaces in their own. */
static void read_owner(struct space *space, int fd)
{
    int userns = ioctl(fd, NS_GET_USERNS);
    uid_t uid;

    if (userns < 0)
        return;
    space->userns_inum = netns_file_inum(userns);
    if (ioctl(userns, NS_GET_OWNER_UID, &uid) == 0)
        space->owner_uid = uid;
    close(userns);
}

/* Another namespace has the inum now. */
static void become_another(struct space *space, uint64_t cookie)
{
    clear_paths(space);
    space->pid = 0;
    space->populated = false;
    space->netns.cookie = cookie;
}

static void read_contents(struct spaces *spaces, struct space *space)
{
    int error = -EAGAIN;

    for (int i = 0; error == -EAGAIN && i < READ_TRIES; i++) {
        space->devices_count = space->addresses_count = space->left_out = 0;
        error = rtnl_links(&spaces->rtnl, keep_device, space);
        if (!error)
            error = rtnl_addresses(&spaces->rtnl, keep_address, space);
    }
    space->whole = !error && !space->left_out;
}

/* Whether it still is the one that had the inum when it was looked at last. */
static void recognize(struct spaces *spaces, struct space *space, int fd)
{
    const struct nst_netns netns = {.cookie = rtnl_cookie(&spaces->rtnl),
                                    .inum = space->netns.inum};
    int32_t nsid = space->nsid;
    bool another = false;

    if (spaces->nsids)
        nsid = nsids_of(spaces->nsids, fd, &netns, &another);
    if (netns.cookie != space->netns.cookie || nsid != space->nsid)
        become_another(space, netns.cookie);
    space->nsid = nsid;
    space->reborn |= another && !netns.cookie;
}

/* What changes while it is read is heard: it has its number by then. */
static bool read_inside(struct spaces *spaces, struct space *space, int fd)
{
    if (rtnl_open(&spaces->rtnl))
        return false;
    recognize(spaces, space, fd);
    if (spaces->contents)
        read_contents(spaces, space);
    rtnl_close(&spaces->rtnl);
    return true;
}

static bool read_space(struct spaces *spaces, struct space *space, int fd)
{
    if (setns(fd, CLONE_NEWNET) || !read_inside(spaces, space, fd))
        return false;
    read_owner(space, fd);
    space->fresh = true;
    return true;
}

/* What stood for the inum before is of another namespace, if the cookie is another. */
static struct space *visit(struct spaces *spaces, int fd)
{
    uint32_t inum = netns_file_inum(fd);
    struct space *space;

    if (!inum || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        errno = EINVAL;
        return NULL;
    }
    space = spaces_find(spaces, inum);
    if (!space)
        space = add(spaces, inum);
    if (space) {
        read_space(spaces, space, fd);
        spaces->left_out += space->left_out;
    } else {
        spaces->left_out++;
        errno = ENOENT; /* so it seems to be to us */
    }
    return space;
}

/* For kernels without handles: a look inside costs more than these. */
static bool still_same(struct spaces *spaces, const struct space *space, int fd)
{
    uint64_t cookie;

    if (netns_file_inum(fd) != space->netns.inum)
        return false;
    if (spaces->nsids && space->nsid > 0)
        return nsids_look(spaces->nsids, fd) == space->nsid;
    if (setns(fd, CLONE_NEWNET) || rtnl_open(&spaces->rtnl))
        return false;
    cookie = rtnl_cookie(&spaces->rtnl);
    rtnl_close(&spaces->rtnl);
    return cookie == space->netns.cookie;
}

static struct space *find_there(struct spaces *spaces, int dir, const char *name)
{
    struct nst_netns netns;
    struct space *space;
    struct stat status;

    if (spaces->handles) {
        if (!netns_file_read_handle(dir, name, &netns))
            return NULL;
        space = spaces_find(spaces, netns.inum);
        return space && space->netns.cookie == netns.cookie ? space : NULL;
    }
    if (fstatat(dir, name, &status, 0))
        return NULL;
    return spaces_find(spaces, (uint32_t)status.st_ino);
}

/* Whether it is the one that is meant, as far as this costs nothing. */
static int if_inum(int fd, uint32_t inum)
{
    if (fd < 0 || netns_file_inum(fd) == inum)
        return fd;
    close(fd);
    return -ENOENT;
}

struct space *spaces_at(struct spaces *spaces, int dir, const char *name, bool verify)
{
    struct space *space = find_there(spaces, dir, name);
    int fd;

    if (space && (spaces->handles || !verify))
        return space;
    fd = netns_file_open(dir, name);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    if (!space || !still_same(spaces, space, fd))
        space = visit(spaces, fd);
    close(fd);
    return space;
}

/* Of two with the same inum, one after the other, the mount was of the one that was there before it
 * and is after it. */
struct space *spaces_elsewhere(struct spaces *spaces, int process, const char *path, uint32_t inum)
{
    struct space *space = spaces_find(spaces, inum);
    int fd;

    if (space && (!spaces->nsids || spaces_live(spaces, &space->netns)))
        return space;
    fd = if_inum(netns_file_open_in(process, path, spaces->nsfs), inum);
    if (fd < 0) {
        errno = -fd;
        return NULL;
    }
    space = visit(spaces, fd);
    close(fd);
    return space;
}

struct space *spaces_known(struct spaces *spaces, const struct nst_netns *netns)
{
    struct space *space;
    int fd = spaces->handles && netns->cookie ? netns_file_open_handle(netns) : -ENOENT;

    if (fd < 0)
        return NULL;
    space = spaces_find(spaces, netns->inum);
    if (!space || space->netns.cookie != netns->cookie)
        space = visit(spaces, fd);
    close(fd);
    return space;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool space_is_bound(const struct space *space, const char *path)
{
    for (uint32_t i = 0; i < space->paths_count; i++)
        if (!strcmp(file_name(space->paths[i].text), file_name(path)))
            return true;
    return false;
}

bool space_bind(struct space *space, const char *path, pid_t viewer)
{
    struct space_path *paths = NULL;
    char *text = strdup(path);

    if (text && space->paths_count < SPACE_PATHS_MAX)
        paths = reallocarray(space->paths, space->paths_count + 1, sizeof(*paths));
    if (!paths) {
        free(text);
        return false;
    }
    space->paths = paths;
    space->paths[space->paths_count++] = (struct space_path){.text = text, .viewer = viewer};
    return true;
}

static int open_bound(const struct spaces *spaces, const struct space_path *path)
{
    char name[PATH_ROOM];
    int process, fd;

    if (!path->viewer)
        return netns_file_open(AT_FDCWD, path->text);
    snprintf(name, sizeof(name), "%d", (int)path->viewer);
    process = proc_open(spaces->proc, name);
    if (process < 0)
        return -ESRCH;
    fd = netns_file_open_in(process, path->text, spaces->nsfs);
    close(process);
    return fd;
}

int space_open(const struct spaces *spaces, const struct space *space)
{
    int fd = -ENOENT;

    if (spaces->handles)
        return netns_file_open_handle(&space->netns);
    if (space->pid) {
        char path[PATH_ROOM];

        snprintf(path, sizeof(path), PATH_TO_PID, (int)space->pid);
        fd = if_inum(netns_file_open(spaces->proc, path), space->netns.inum);
    }
    for (uint32_t i = 0; fd < 0 && i < space->paths_count; i++)
        fd = if_inum(open_bound(spaces, &space->paths[i]), space->netns.inum);
    return fd;
}

bool spaces_still(struct spaces *spaces, const struct space *space)
{
    bool still;
    int fd;

    if (!spaces->nsids || space->netns.cookie)
        return true;
    fd = space_open(spaces, space);
    still = fd >= 0 && still_same(spaces, space, fd);
    if (fd >= 0)
        close(fd);
    return still;
}

bool spaces_live(struct spaces *spaces, const struct nst_netns *netns)
{
    return spaces->nsids && nsids_know(spaces->nsids, netns);
}

int spaces_fd(const struct spaces *spaces)
{
    return spaces->nsids ? nsids_fd(spaces->nsids) : -1;
}

enum change_kind spaces_next(struct spaces *spaces, struct nst_netns *netns)
{
    return spaces->nsids ? nsids_next(spaces->nsids, netns) : CHANGE_NONE;
}

bool spaces_again(struct spaces *spaces, struct space *space)
{
    int fd = space_open(spaces, space);
    bool read;

    if (fd < 0)
        return false;
    read = read_space(spaces, space, fd);
    close(fd);
    return read;
}

void spaces_leave(const struct spaces *spaces)
{
    /* Cannot fail: we came from there, and hold it. Who may not enter any (EPERM) never left. */
    if (setns(spaces->own, CLONE_NEWNET) && errno != EPERM)
        abort();
}
