/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/scanner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/clock.h"
#include "capture/inventory/peers.h"
#include "capture/inventory/proc.h"
#include "capture/inventory/scanner_internal.h"
#include "format/error.h"

#define PATH_ROOM 32 /* of one below /proc */

#define ALL_KINDS  ((1u << ROW_KINDS) - 1)
#define IN_A_SPACE (1u << ROW_DEVICE | 1u << ROW_ADDRESS)

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
    s->pids = calloc(SCANNER_PIDS_MAX / 8, 1);
    s->before = calloc(SCANNER_PIDS_MAX / 8, 1);
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

struct scanner_counts *scanner_counting(struct scanner *s)
{
    return s->scanning ? &s->scan : &s->looks;
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

struct space *scanner_found(struct scanner *s, struct space *space, int process)
{
    if (space && space->reborn) {
        space->born_ns = facts_died(s->facts, facts_netns(&space->netns), began_ns(s, process));
        space->reborn = false;
    }
    return space;
}

static void see_devices(struct scanner *s, struct space *space)
{
    for (uint32_t i = 0; i < space->devices_count; i++) {
        struct space_device *device = &space->devices[i];
        struct row row = {.kind = ROW_DEVICE, .device = device->row};

        row.device.name = device->name;
        row.device.kind = *device->kind ? device->kind : NULL;
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
    scanner_counting(s)->unread += s->spaces.contents && !space->left_out;
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

        if (scanner_found(s, space, -1)->fresh)
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
        scanner_counting(s)->unread += s->spaces.contents;
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
    memset(s->pids, 0, SCANNER_PIDS_MAX / 8);
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
    scanner_scan_mounts(s);
    if (!s->options.names_only)
        scanner_scan_processes(s, &(struct scanner_which){.all = true});
    scanner_scan_views(s);
    facts_unseen(s->facts, ROW_NETNS, scan_hidden, s);
    see_fresh(s, NULL, 0);
    facts_end(s->facts, ALL_KINDS);
    end_counts(s);
    s->took_ns = clock_cpu_ns() - start_ns;
}

void scanner_mounts(struct scanner *s)
{
    facts_begin(s->facts, clock_now_ns());
    scanner_scan_mounts(s);
    scanner_keep_views(s);
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
                               const struct scanner_which *which)
{
    const struct space *space;

    scanner_scan_processes(s, which);
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
        scanner_scan_mounts(s);
    }
    space = find_known(s, netns);
    if (!s->options.names_only && !(space && space->populated) &&
        !look_for_processes(s, netns, &(struct scanner_which){0}))
        look_for_processes(s, netns, &(struct scanner_which){.netns = netns});
    space = find_known(s, netns);
    if (!space || !(space->populated || space->paths_count))
        scanner_scan_views(s);
    see_fresh(s, netns, sight->ts_ns);
}

enum news { NO_NEWS, A_PROCESS, A_FIRST };

/* The first process of its namespace or of its container, of which more may have been written
 * since; or one of a namespace that is not the initial one. Of that one there can be thousands a
 * second. */
static enum news is_news(struct scanner *s, int process, pid_t pid)
{
    const struct space *space = scanner_space_of(s, process, pid, false);
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
    scanner_counting(s)->left_out++;
    return NO_NEWS;
}

void scanner_process(struct scanner *s, pid_t pid)
{
    char name[PATH_ROOM];
    enum news news;
    int fd;

    if (pid <= 0 || (uint32_t)pid >= SCANNER_PIDS_MAX)
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
        scanner_scan_process(s, name, pid);
    close(fd);
    see_fresh(s, NULL, 0);
}

void scanner_missed(struct scanner *s)
{
    scanner_counting(s)->left_out++;
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
