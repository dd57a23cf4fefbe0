/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/scanner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/inventory/containers.h"
#include "capture/inventory/file_at.h"
#include "capture/inventory/mounts.h"
#include "capture/inventory/peers.h"
#include "capture/inventory/proc.h"
#include "capture/inventory/space.h"
#include "capture/inventory/views.h"
#include "format/error.h"

#define NAMES_FOLDER "/run/netns/"
/* Some hosts mount tens of thousands. */
#define MOUNTINFO_MAX (16u << 20)
#define PIDS_MAX      (1u << 22) /* the kernel's own limit */
#define NAME_ROOM     32         /* of a path below /proc */

#define ALL_KINDS  ((1u << ROW_KINDS) - 1)
#define IN_A_SPACE (1u << ROW_DEVICE | 1u << ROW_ADDRESS)

struct scanner {
    struct scanner_options options;
    struct facts *facts;
    struct spaces spaces;
    struct containers *containers;
    struct views views;
    struct scanner_counts scan, looks; /* of the last scan; of all looks between scans */
    uint64_t full;                     /* count_full(), as far as these have it */
    bool scanning;
    uint64_t took_ns;
    char *mountinfo;
    size_t mountinfo_room;
    /* A bit for each process that was looked at since the last full scan began, or before. */
    uint8_t *pids, *before;
    uint32_t processes, others; /* recorded; of those, within the limit of processes */
    uint32_t execs;             /* looked at for nothing else, within the limit of execs */
    uint64_t tick_ns;
    pid_t self;
};

static void set_limit(uint32_t *limit, uint32_t otherwise)
{
    if (!*limit)
        *limit = otherwise;
}

int scanner_new(struct scanner **scanner, const struct scanner_options *options,
                struct facts *facts, struct nst_error *err)
{
    struct scanner *s = calloc(1, sizeof(*s));
    int error;

    if (!s)
        return nst_fail(err, -ENOMEM, "no memory");
    s->options = *options;
    set_limit(&s->options.limits.processes, SCANNER_PROCESSES);
    set_limit(&s->options.limits.execs, SCANNER_EXECS);
    set_limit(&s->options.limits.processes_max, SCANNER_PROCESSES_MAX);
    set_limit(&s->options.limits.views, SCANNER_VIEWS);
    s->facts = facts;
    s->tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    s->self = getpid();
    s->pids = calloc(PIDS_MAX / 8, 1);
    s->before = calloc(PIDS_MAX / 8, 1);
    s->containers = containers_new(options->paths);
    error = spaces_init(&s->spaces, !options->names_only, err);
    if (!error && (views_init(&s->views) || !s->pids || !s->before || !s->containers))
        error = nst_fail(err, -ENOMEM, "no memory");
    if (error) {
        scanner_free(s);
        return error;
    }
    *scanner = s;
    return 0;
}

void scanner_free(struct scanner *s)
{
    if (!s)
        return;
    spaces_free(&s->spaces);
    containers_free(s->containers);
    views_free(&s->views);
    free(s->mountinfo);
    free(s->pids);
    free(s->before);
    free(s);
}

struct scanner_counts scanner_counts(const struct scanner *s)
{
    return (struct scanner_counts){.left_out = s->scan.left_out + s->looks.left_out,
                                   .unread = s->scan.unread + s->looks.unread,
                                   .full = s->scan.full + s->looks.full};
}

uint64_t scanner_took_ns(const struct scanner *s)
{
    return s->took_ns;
}

const struct scanner_limits *scanner_limits(const struct scanner *s)
{
    return &s->options.limits;
}

static struct scanner_counts *counting(struct scanner *s)
{
    return s->scanning ? &s->scan : &s->looks;
}

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

/* When a process began, as CLOCK_MONOTONIC has it; now, if it is not known. */
static uint64_t began_ns(const struct scanner *s, int process)
{
    struct clocks now;
    struct proc_stat stat;
    uint64_t age_ns = 0;

    clock_read(&now);
    if (process >= 0 && proc_read_stat(process, &stat))
        age_ns = now.boottime_ns - stat.start_ticks * s->tick_ns;
    return age_ns < now.monotonic_ns ? now.monotonic_ns - age_ns : now.monotonic_ns;
}

/* A namespace, before anything is said of it: what was true of one that had its inum before is so
 * no more, since about the process began that it was found by (<0: none). */
static struct space *found(struct scanner *s, struct space *space, int process)
{
    if (space && space->reborn) {
        space->born_ns = facts_died(s->facts, facts_netns(&space->netns), began_ns(s, process));
        space->reborn = false;
    }
    return space;
}

/* Other mount namespaces have a /run/netns of their own: there a name is a path as any other. */
static struct row name_row(const struct space *space, const char *path, pid_t viewer)
{
    struct row row = {.kind = ROW_NAME, .name = {.netns = space->netns, .name = path}};
    size_t folder = strlen(NAMES_FOLDER);

    row.name.place = NST_PLACE_MOUNT;
    if (!viewer && !strncmp(path, NAMES_FOLDER, folder) && !strchr(path + folder, '/')) {
        row.name.place = NST_PLACE_NETNS;
        row.name.name = path + folder;
    }
    return row;
}

static void see_name(struct scanner *s, const struct space *space, const char *path, pid_t viewer)
{
    const struct row row = name_row(space, path, viewer);

    if (strlen(row.name.name) <= NST_MAX_NAME)
        facts_see(s->facts, &row, 0);
}

static void scan_mount(struct scanner *s, const struct mount *mount)
{
    struct space *space = found(s, spaces_at(&s->spaces, AT_FDCWD, mount->path, true), -1);

    /* The path can have become another's since it was listed. */
    if (!space || space->netns.inum != mount->inum)
        return;
    if (!space_is_bound(space, mount->path))
        space_bind(space, mount->path, 0);
    see_name(s, space, mount->path, 0);
}

static void scan_mounts(struct scanner *s)
{
    struct mount mount;
    const char *text;
    int self = proc_open(s->spaces.proc, "self/");

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
    struct space *space = spaces_find(&s->spaces, mount->inum);

    if ((space && space_is_bound(space, mount->path)) || !views_look(&s->views, space))
        return;
    space = found(s, spaces_elsewhere(&s->spaces, process, mount->path, mount->inum), -1);
    if (!space)
        counting(s)->unread += errno != ENOENT;
    else if (space_bind(space, mount->path, pid))
        see_name(s, space, mount->path, pid);
}

/* What a process sees, if no other one of its mount namespace was asked before. One that has gone
 * meanwhile tells nothing: the next is asked. */
static void scan_view(struct scanner *s, const char *name, pid_t pid, const void *context)
{
    char path[NAME_ROOM];
    struct mount mount;
    const char *text;
    uint32_t inum;
    ssize_t len;
    int fd;

    (void)context;
    snprintf(path, sizeof(path), "%s/ns/mnt", name);
    inum = proc_read_ns(s->spaces.proc, path);
    if (!views_want(&s->views, inum, s->options.limits.views))
        return;
    fd = proc_open(s->spaces.proc, name);
    if (fd < 0)
        return;
    len = proc_read_ns(fd, "ns/mnt") == inum ? read_mountinfo(s, fd) : -ESRCH;
    if (len >= 0 || len == -EFBIG)
        views_add(&s->views, inum, len);
    text = len >= 0 ? s->mountinfo : "";
    while (mounts_next(&text, &mount))
        scan_mount_elsewhere(s, fd, pid, &mount);
    close(fd);
}

/* NULL: it is gone, a zombie, or we may not look. A process that was there before has hardly gone
 * to another namespace with the same inum. */
static struct space *space_of(struct scanner *s, int process, pid_t pid, bool is_known)
{
    struct space *space = found(s, spaces_at(&s->spaces, process, "ns/net", !is_known), process);

    if (!space && errno != ENOENT && errno != ESRCH)
        counting(s)->unread++;
    if (space && !space->pid)
        space->pid = pid;
    return space;
}

/* Whether it is recorded, and counts it. */
static bool has_room(struct scanner *s, struct space *space, const struct nst_process *process)
{
    const struct scanner_limits *limits = &s->options.limits;
    bool matters = process->flags || !space->populated;

    if (s->processes < limits->processes_max && (matters || s->others < limits->processes)) {
        s->processes++;
        s->others += !matters;
        space->populated = true;
        return true;
    }
    counting(s)->left_out++;
    return false;
}

struct process_text {
    char cgroup[PROC_TEXT_MAX + 1], exe[PROC_TEXT_MAX + 1], cmdline[PROC_TEXT_MAX + 1];
};

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static void read_texts(const struct scanner *s, int fd, struct process_text *text,
                       struct nst_process *process)
{
    proc_read_cgroup(fd, text->cgroup);
    proc_read_exe(fd, text->exe);
    *text->cmdline = '\0';
    if (s->options.cmdline)
        proc_read_cmdline(fd, text->cmdline);
    process->cgroup = or_null(text->cgroup);
    process->exe = or_null(text->exe);
    process->cmdline = or_null(text->cmdline);
}

static void see_container(struct scanner *s, const struct nst_process *process,
                          uint64_t start_ticks)
{
    struct row row = {.kind = ROW_CONTAINER};

    if (!containers_find(s->containers, process, start_ticks, &row.container))
        return;
    row.container.netns = process->netns;
    facts_see(s->facts, &row, 0);
}

static void see_process(struct scanner *s, int fd, pid_t pid, struct space *space)
{
    struct row row = {.kind = ROW_PROCESS, .process = {.netns = space->netns}};
    struct nst_process *process = &row.process;
    struct proc_stat stat;
    struct proc_status status;
    struct process_text text;

    if (!proc_read_stat(fd, &stat) || !proc_read_status(fd, &status))
        return;
    process->pid = (uint32_t)pid;
    process->start_ns = stat.start_ticks * s->tick_ns;
    process->comm = stat.comm;
    process->uid = status.uid;
    process->flags = (stat.session == (uint32_t)pid ? NST_PROCESS_LEADER : 0) |
                     (status.init ? NST_PROCESS_INIT : 0);
    if (!has_room(s, space, process))
        return;
    read_texts(s, fd, &text, process);
    facts_see(s->facts, &row, 0);
    see_container(s, process, stat.start_ticks);
}

/* 0: no process. */
static pid_t pid_of(const char *name)
{
    char *end;
    unsigned long pid;

    if (*name < '1' || *name > '9')
        return 0;
    pid = strtoul(name, &end, 10);
    return *end || pid >= PIDS_MAX ? 0 : (pid_t)pid;
}

static bool has_pid(const uint8_t *pids, pid_t pid)
{
    return pids[pid / 8] & 1u << pid % 8;
}

static void add_pid(uint8_t *pids, pid_t pid)
{
    pids[pid / 8] |= (uint8_t)(1u << pid % 8);
}

static void scan_process(struct scanner *s, const char *name, pid_t pid)
{
    int fd = proc_open(s->spaces.proc, name);
    struct space *space;

    if (fd < 0)
        return;
    space = space_of(s, fd, pid, has_pid(s->before, pid));
    if (space)
        see_process(s, fd, pid, space);
    close(fd);
    add_pid(s->pids, pid);
}

typedef void take_process(struct scanner *s, const char *name, pid_t pid, const void *context);

static void each_process(struct scanner *s, take_process *take, const void *context)
{
    int fd = openat(s->spaces.proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *proc = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    while (proc && (entry = readdir(proc))) {
        pid_t pid = pid_of(entry->d_name);

        if (pid)
            take(s, entry->d_name, pid, context);
    }
    if (proc)
        closedir(proc);
    else if (fd >= 0)
        close(fd);
}

static void scan_views(struct scanner *s)
{
    views_begin(&s->views, proc_read_ns(s->spaces.proc, "self/ns/mnt"));
    each_process(s, scan_view, NULL);
}

/* Of which processes to look at: all; those that came since; those in one namespace. */
struct which {
    bool all;
    const struct nst_netns *netns; /* NULL: those that came since */
};

static bool is_in(const struct scanner *s, pid_t pid, const struct nst_netns *netns)
{
    char path[NAME_ROOM];
    struct stat status;

    snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
    return fstatat(s->spaces.proc, path, &status, 0) == 0 && status.st_ino == netns->inum;
}

/* We are in other namespaces only to look around. */
static bool is_wanted(const struct scanner *s, const struct which *which, pid_t pid)
{
    if (pid == s->self)
        return false;
    if (which->all)
        return true;
    return which->netns ? is_in(s, pid, which->netns) : !has_pid(s->pids, pid);
}

static void scan_if_wanted(struct scanner *s, const char *name, pid_t pid, const void *which)
{
    if (is_wanted(s, which, pid))
        scan_process(s, name, pid);
}

static void scan_processes(struct scanner *s, const struct which *which)
{
    each_process(s, scan_if_wanted, which);
}

static void see_devices(struct scanner *s, struct space *space)
{
    for (uint32_t i = 0; i < space->devices_count; i++) {
        struct space_device *device = &space->devices[i];
        struct row row = {.kind = ROW_DEVICE, .device = device->row};

        row.device.name = device->name;
        row.device.kind = or_null(device->kind);
        facts_see(s->facts, &row, 0);
    }
    for (uint32_t i = 0; i < space->addresses_count; i++) {
        struct row row = {.kind = ROW_ADDRESS, .address = space->addresses[i]};

        facts_see(s->facts, &row, 0);
    }
}

static void see_space(struct scanner *s, struct space *space, uint64_t first_ts_ns)
{
    struct row row = {
        .kind = ROW_NETNS,
        .netns = {.netns = space->netns,
                  .owner_uid = space->owner_uid,
                  .userns_inum = space->userns_inum,
                  .flags = space->netns.inum == s->spaces.initial_inum ? NST_NETNS_INITIAL : 0},
    };

    facts_see(s->facts, &row, first_ts_ns);
    see_devices(s, space);
}

/* What was not seen of it can still be there. */
static void keep(struct scanner *s, const struct space *space)
{
    facts_keep(s->facts, IN_A_SPACE, facts_netns(&space->netns));
    counting(s)->unread += s->spaces.contents && !space->left_out;
}

/* What devices and addresses those do not have any more that were told of. */
static void end_in_fresh(struct scanner *s)
{
    uint64_t *whole = calloc(s->spaces.count + 1, sizeof(*whole));
    size_t count = 0;

    for (uint32_t i = 0; i < s->spaces.count; i++) {
        struct space *space = &s->spaces.list[i];

        if (space->fresh && space->whole && whole)
            whole[count++] = facts_netns(&space->netns);
        else if (space->fresh)
            keep(s, space);
        space->fresh = false;
    }
    facts_end_in(s->facts, IN_A_SPACE, whole, count);
    free(whole);
}

/* Those that were looked at since they were last told of. */
static void see_fresh(struct scanner *s, const struct nst_netns *seen, uint64_t ts_ns)
{
    peers_find(&s->spaces);
    spaces_leave(&s->spaces);
    for (uint32_t i = 0; i < s->spaces.count; i++) {
        struct space *space = &s->spaces.list[i];
        bool is_seen = seen && space->netns.inum == seen->inum;

        if (found(s, space, -1)->fresh)
            see_space(s, space, is_seen && ts_ns > space->born_ns ? ts_ns : space->born_ns);
    }
    end_in_fresh(s);
}

/* Sockets alone can keep a namespace: those that are not in /proc any more can be there yet.
 * Without handles there is nothing to enter one by: it is as it was seen last. Others have died
 * just now, or we would have heard of it. */
static void scan_hidden(void *context, const struct row *row)
{
    struct scanner *s = context;
    const struct nst_netns *netns = &row->netns.netns;

    if (spaces_known(&s->spaces, netns))
        return;
    if (spaces_live(&s->spaces, netns)) {
        facts_see(s->facts, row, 0);
        facts_keep(s->facts, IN_A_SPACE, facts_netns(netns));
        counting(s)->unread += s->spaces.contents;
    } else if (s->spaces.handles || s->spaces.nsids) {
        facts_died(s->facts, facts_netns(netns), clock_now_ns());
    }
}

/* What found no room since the scan began; of facts, ever. */
static uint64_t count_full(const struct scanner *s)
{
    return s->spaces.left_out + containers_left_out(s->containers) + s->views.left_out +
           facts_left_out(s->facts);
}

/* A scan counts anew what the last one did. What came and went between them it does not see. */
static void begin_counts(struct scanner *s)
{
    s->looks.full += count_full(s) - s->full;
    s->full = facts_left_out(s->facts);
    s->scan = (struct scanner_counts){0};
    s->scanning = true;
}

static void end_counts(struct scanner *s)
{
    s->scan.full = count_full(s) - s->full;
    s->full = count_full(s);
    s->scanning = false;
}

static void begin(struct scanner *s)
{
    uint8_t *before = s->pids;

    begin_counts(s);
    s->pids = s->before;
    s->before = before;
    memset(s->pids, 0, PIDS_MAX / 8);
    spaces_clear(&s->spaces);
    s->views.left_out = 0;
    s->processes = s->others = s->execs = 0;
}

void scanner_scan(struct scanner *s)
{
    uint64_t start_ns = clock_cpu_ns();

    scanner_hear(s);
    begin(s);
    facts_begin(s->facts, clock_now_ns());
    containers_begin(s->containers);
    spaces_at(&s->spaces, s->spaces.proc, "self/ns/net", false);
    scan_mounts(s);
    if (!s->options.names_only)
        scan_processes(s, &(struct which){.all = true});
    scan_views(s);
    facts_unseen(s->facts, ROW_NETNS, scan_hidden, s);
    see_fresh(s, NULL, 0);
    facts_end(s->facts, ALL_KINDS);
    end_counts(s);
    s->took_ns = clock_cpu_ns() - start_ns;
}

/* Nobody tells of changes there: what the last scan saw is so until the next. */
static void keep_elsewhere(struct scanner *s)
{
    for (uint32_t i = 0; i < s->spaces.count; i++) {
        const struct space *space = &s->spaces.list[i];

        for (uint32_t j = 0; j < space->paths_count; j++) {
            const struct space_path *path = &space->paths[j];
            const struct row row = name_row(space, path->text, path->viewer);

            if (path->viewer)
                facts_keep_row(s->facts, &row);
        }
    }
}

void scanner_mounts(struct scanner *s)
{
    facts_begin(s->facts, clock_now_ns());
    scan_mounts(s);
    keep_elsewhere(s);
    see_fresh(s, NULL, 0);
    facts_end(s->facts, 1u << ROW_NAME);
}

static struct space *find_known(struct scanner *s, const struct nst_netns *netns)
{
    struct space *space = spaces_find(&s->spaces, netns->inum);
    bool is_it =
        space && (!netns->cookie || !space->netns.cookie || space->netns.cookie == netns->cookie);

    return is_it && spaces_still(&s->spaces, space) ? space : NULL;
}

static bool has_device(const struct space *space, uint32_t ifindex, const char *name)
{
    for (uint32_t i = 0; i < space->devices_count; i++)
        if (space->devices[i].row.ifindex == ifindex)
            return !strcmp(space->devices[i].name, name);
    return false;
}

/* Whether one of its processes is known then. */
static bool look_for_processes(struct scanner *s, const struct nst_netns *netns,
                               const struct which *which)
{
    const struct space *space;

    scan_processes(s, which);
    space = find_known(s, netns);
    return space && space->populated;
}

void scanner_look(struct scanner *s, const struct scanner_sight *sight)
{
    const struct nst_netns *netns = &sight->netns;
    struct space *space = find_known(s, netns);

    if (space && (!sight->ifindex || has_device(space, sight->ifindex, sight->name)))
        return;
    facts_begin(s->facts, clock_now_ns());
    containers_refresh(s->containers);
    if (space) {
        spaces_again(&s->spaces, space);
    } else {
        spaces_known(&s->spaces, netns);
        scan_mounts(s);
    }
    space = find_known(s, netns);
    if (!s->options.names_only && !(space && space->populated) &&
        !look_for_processes(s, netns, &(struct which){0}))
        look_for_processes(s, netns, &(struct which){.netns = netns});
    space = find_known(s, netns);
    if (!space || !(space->populated || space->paths_count))
        scan_views(s);
    see_fresh(s, netns, sight->ts_ns);
}

enum news { NO_NEWS, A_PROCESS, A_FIRST };

/* The first process of its namespace or of its container, of which more may have been written
 * since; or one of a namespace that is not the initial one. Of that one there can be thousands a
 * second. */
static enum news is_news(struct scanner *s, int process, pid_t pid)
{
    const struct space *space = space_of(s, process, pid, false);
    char cgroup[PROC_TEXT_MAX + 1];

    if (!space)
        return NO_NEWS;
    proc_read_cgroup(process, cgroup);
    if (!space->populated || containers_is_new(s->containers, cgroup))
        return A_FIRST;
    if (space->netns.inum == s->spaces.initial_inum)
        return NO_NEWS;
    if (s->execs < s->options.limits.execs) {
        s->execs++;
        return A_PROCESS;
    }
    counting(s)->left_out++;
    return NO_NEWS;
}

void scanner_process(struct scanner *s, pid_t pid)
{
    char name[NAME_ROOM];
    enum news news;
    int fd;

    if (pid <= 0 || (uint32_t)pid >= PIDS_MAX)
        return;
    snprintf(name, sizeof(name), "%d", (int)pid);
    fd = proc_open(s->spaces.proc, name);
    if (fd < 0)
        return;
    facts_begin(s->facts, clock_now_ns());
    news = is_news(s, fd, pid);
    if (news == A_FIRST)
        containers_refresh(s->containers);
    if (news)
        scan_process(s, name, pid);
    close(fd);
    see_fresh(s, NULL, 0);
}

void scanner_missed(struct scanner *s)
{
    counting(s)->left_out++;
}

int scanner_fd(const struct scanner *s)
{
    return spaces_fd(&s->spaces);
}

static void mark_all(struct scanner *s)
{
    for (uint32_t i = 0; i < s->spaces.count; i++)
        s->spaces.list[i].changed = true;
}

bool scanner_hear(struct scanner *s)
{
    struct nst_netns netns;
    struct space *space;
    enum change_kind change;
    bool any = false;

    while ((change = spaces_next(&s->spaces, &netns)) == CHANGE_INSIDE || change == CHANGE_DEATH) {
        if (change == CHANGE_DEATH) {
            facts_died(s->facts, facts_netns(&netns), clock_now_ns());
        } else if ((space = spaces_find(&s->spaces, netns.inum))) {
            space->changed = true;
            any = true;
        }
    }
    /* The next scan finds who has died. */
    if (change == CHANGE_MISSED)
        mark_all(s);
    return any || change == CHANGE_MISSED;
}

/* The namespace at a link's other end may have become known since. */
static bool misses_end(const struct space *space)
{
    for (uint32_t i = 0; i < space->devices_count; i++) {
        const struct space_device *device = &space->devices[i];

        if (device->elsewhere && device->nsid >= 0 && !device->row.link_netns.inum)
            return true;
    }
    return false;
}

void scanner_devices(struct scanner *s)
{
    facts_begin(s->facts, clock_now_ns());
    for (uint32_t i = 0; i < s->spaces.count; i++) {
        struct space *space = &s->spaces.list[i];

        if (space->changed || misses_end(space))
            spaces_again(&s->spaces, space);
        space->changed = false;
    }
    see_fresh(s, NULL, 0);
}
