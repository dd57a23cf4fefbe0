/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Namespaces that somebody has bound to a path: in our mount namespace, and in those of others. */
#include "config.h"

#include "capture/inventory/scanner_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/inventory/file_at.h"
#include "capture/inventory/mounts.h"
#include "capture/inventory/proc.h"

#define NAMES_FOLDER "/run/netns/"
/* Some hosts mount tens of thousands. */
#define MOUNTINFO_MAX (16u << 20)
#define PATH_ROOM     32 /* of one below /proc */

/* The whole text in memory that is kept. Answers its length; <0: it cannot be had. */
static ssize_t read_mountinfo(struct scanner *s, int process)
{
    for (;;) {
        int fd = openat(process, "mountinfo", O_RDONLY | O_CLOEXEC);
        ssize_t len = -EFBIG;
        char *bigger;

        if (fd < 0)
            return -errno;
        if (s->mountinfo_room)
            len = file_at_drain(fd, s->mountinfo, s->mountinfo_room);
        close(fd);
        if (len != -EFBIG || s->mountinfo_room == MOUNTINFO_MAX)
            return len;
        bigger = realloc(s->mountinfo, s->mountinfo_room ? 4 * s->mountinfo_room : 65536);
        if (!bigger)
            return -ENOMEM;
        s->mountinfo = bigger;
        s->mountinfo_room = s->mountinfo_room ? 4 * s->mountinfo_room : 65536;
    }
}

/* Other mount namespaces have a /run/netns of their own: there a name is a path as any other. */
static struct row name_row(const struct netns_entry *ns, const char *path, pid_t pid)
{
    struct row row = {.kind = ROW_NAME, .name = {.netns = ns->netns, .name = path}};
    size_t folder = strlen(NAMES_FOLDER);

    row.name.place = NST_PLACE_MOUNT;
    if (!pid && !strncmp(path, NAMES_FOLDER, folder) && !strchr(path + folder, '/')) {
        row.name.place = NST_PLACE_NETNS;
        row.name.name = path + folder;
    }
    return row;
}

static void see_name(struct scanner *s, const struct netns_entry *ns, const char *path, pid_t pid)
{
    const struct row row = name_row(ns, path, pid);

    if (strlen(row.name.name) <= NST_MAX_NAME)
        facts_see(s->facts, &row, 0);
}

static void scan_mount(struct scanner *s, const struct mount *mount)
{
    struct netns_entry *ns =
        scanner_found(s, netns_list_at(&s->netns, AT_FDCWD, mount->path, true), -1);

    /* The path can have become another's since it was listed. */
    if (!ns || ns->netns.inum != mount->inum)
        return;
    if (!netns_entry_has_path(ns, mount->path))
        netns_entry_add_path(ns, mount->path, 0);
    see_name(s, ns, mount->path, 0);
}

void scanner_scan_mounts(struct scanner *s)
{
    struct mount mount;
    const char *text;
    int self = proc_open(s->netns.proc, "self/");

    if (self < 0)
        return;
    if (read_mountinfo(s, self) >= 0) {
        text = s->mountinfo;
        while (mounts_next(&text, &mount))
            scan_mount(s, &mount);
    }
    close(self);
}

/* Of one that has a name the same file in other mount namespaces tells nothing. */
static void scan_mount_elsewhere(struct scanner *s, int process, pid_t pid,
                                 const struct mount *mount)
{
    struct netns_entry *ns = netns_list_find(&s->netns, mount->inum);

    if ((ns && netns_entry_has_path(ns, mount->path)) || !mntns_look(&s->mntns, ns))
        return;
    ns = scanner_found(s, netns_list_mounted(&s->netns, process, mount->path, mount->inum), -1);
    if (!ns)
        scanner_counting(s)->unread += errno != ENOENT;
    else if (netns_entry_add_path(ns, mount->path, pid))
        see_name(s, ns, mount->path, pid);
}

/* What a process sees, if no other one of its mount namespace was asked before. One that has gone
 * meanwhile tells nothing: the next is asked. */
static void scan_mntns(struct scanner *s, const char *name, pid_t pid, const void *context)
{
    char path[PATH_ROOM];
    struct mount mount;
    const char *text;
    uint32_t inum;
    ssize_t len;
    int fd;

    (void)context;
    snprintf(path, sizeof(path), "%s/ns/mnt", name);
    inum = proc_read_ns(s->netns.proc, path);
    if (!mntns_want(&s->mntns, inum, s->options.limits.mntns))
        return;
    fd = proc_open(s->netns.proc, name);
    if (fd < 0)
        return;
    len = proc_read_ns(fd, "ns/mnt") == inum ? read_mountinfo(s, fd) : -ESRCH;
    if (len >= 0 || len == -EFBIG)
        mntns_add(&s->mntns, inum, len);
    text = len >= 0 ? s->mountinfo : "";
    while (mounts_next(&text, &mount))
        scan_mount_elsewhere(s, fd, pid, &mount);
    close(fd);
}

void scanner_scan_mntns(struct scanner *s)
{
    mntns_begin(&s->mntns, proc_read_ns(s->netns.proc, "self/ns/mnt"));
    scanner_each_process(s, scan_mntns, NULL);
}

void scanner_keep_mntns(struct scanner *s)
{
    for (uint32_t i = 0; i < s->netns.count; i++) {
        const struct netns_entry *ns = &s->netns.entries[i];

        for (uint32_t j = 0; j < ns->paths_count; j++) {
            const struct netns_path *path = &ns->paths[j];
            const struct row row = name_row(ns, path->text, path->pid);

            if (path->pid)
                facts_keep_row(s->facts, &row);
        }
    }
}
