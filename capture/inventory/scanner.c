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
#define IN_A_NETNS (1u << ROW_DEVICE | 1u << ROW_ADDRESS)

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
        return nst_fail(err, -ENOMEM, "no memory for a scan");
    s->options = *options;
    set_limit(&s->options.limits.processes, SCANNER_PROCESSES);
    set_limit(&s->options.limits.execs, SCANNER_EXECS);
    set_limit(&s->options.limits.processes_max, SCANNER_PROCESSES_MAX);
    set_limit(&s->options.limits.mntns, SCANNER_MNTNS);
    s->facts = facts;
    s->tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    s->self = getpid();
    s->pids = calloc(SCANNER_PIDS_MAX / 8, 1);
    s->before = calloc(SCANNER_PIDS_MAX / 8, 1);
    s->containers = containers_new(options->paths);
    error = netns_list_init(&s->netns, !options->names_only, err);
    if (!error && (mntns_init(&s->mntns) || !s->pids || !s->before || !s->containers))
        error = nst_fail(err, -ENOMEM, "no memory for a scan");
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
    netns_list_free(&s->netns);
    containers_free(s->containers);
    mntns_free(&s->mntns);
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

struct netns_entry *scanner_found(struct scanner *s, struct netns_entry *ns, int process)
{
    if (ns && ns->inum_reused) {
        ns->created_ns = facts_died(s->facts, facts_netns(&ns->netns), began_ns(s, process));
        ns->inum_reused = false;
    }
    return ns;
}

static void see_devices(struct scanner *s, struct netns_entry *ns)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++) {
        struct netns_device *device = &ns->contents.devices[i];
        struct row row = {.kind = ROW_DEVICE, .device = device->row};

        row.device.name = device->name;
        row.device.kind = *device->kind ? device->kind : NULL;
        facts_see(s->facts, &row, 0);
    }
    for (uint32_t i = 0; i < ns->contents.addresses_count; i++) {
        struct row row = {.kind = ROW_ADDRESS, .address = ns->contents.addresses[i]};

        facts_see(s->facts, &row, 0);
    }
}

static void see_netns(struct scanner *s, struct netns_entry *ns, uint64_t first_ts_ns)
{
    struct row row = {
        .kind = ROW_NETNS,
        .netns = {.netns = ns->netns,
                  .owner_uid = ns->owner_uid,
                  .userns_inum = ns->userns_inum,
                  .flags = ns->netns.inum == s->netns.initial_inum ? NST_NETNS_INITIAL : 0},
    };

    facts_see(s->facts, &row, first_ts_ns);
    see_devices(s, ns);
}

/* What was not seen of it can still be there. */
static void keep(struct scanner *s, const struct netns_entry *ns)
{
    facts_keep(s->facts, IN_A_NETNS, facts_netns(&ns->netns));
    scanner_counting(s)->unread += s->netns.with_contents && !ns->contents.left_out;
}

/* What devices and addresses those do not have any more that were told of. */
static void end_in_just_read(struct scanner *s)
{
    uint64_t *complete = calloc(s->netns.count + 1, sizeof(*complete));
    size_t count = 0;

    for (uint32_t i = 0; i < s->netns.count; i++) {
        struct netns_entry *ns = &s->netns.entries[i];

        if (ns->just_read && ns->contents.complete && complete)
            complete[count++] = facts_netns(&ns->netns);
        else if (ns->just_read)
            keep(s, ns);
        ns->just_read = false;
    }
    facts_end_in(s->facts, IN_A_NETNS, complete, count);
    free(complete);
}

/* Those that were looked at since they were last told of. */
static void see_just_read(struct scanner *s, const struct nst_netns *seen, uint64_t ts_ns)
{
    peers_find(&s->netns);
    netns_list_leave(&s->netns);
    for (uint32_t i = 0; i < s->netns.count; i++) {
        struct netns_entry *ns = &s->netns.entries[i];
        bool is_seen = seen && ns->netns.inum == seen->inum;

        if (scanner_found(s, ns, -1)->just_read)
            see_netns(s, ns, is_seen && ts_ns > ns->created_ns ? ts_ns : ns->created_ns);
    }
    end_in_just_read(s);
}

/* Sockets alone can keep a namespace: those that are not in /proc any more can be there yet.
 * Without handles there is nothing to enter one by: it is as it was seen last. Others have died
 * just now, or we would have heard of it. */
static void scan_hidden(void *context, const struct row *row)
{
    struct scanner *s = context;
    const struct nst_netns *netns = &row->netns.netns;

    if (netns_list_by_cookie(&s->netns, netns))
        return;
    if (netns_list_is_alive(&s->netns, netns)) {
        facts_see(s->facts, row, 0);
        facts_keep(s->facts, IN_A_NETNS, facts_netns(netns));
        scanner_counting(s)->unread += s->netns.with_contents;
    } else if (s->netns.handles || s->netns.nsids) {
        facts_died(s->facts, facts_netns(netns), clock_now_ns());
    }
}

/* What found no room since the scan began; of facts, ever. */
static uint64_t count_full(const struct scanner *s)
{
    return s->netns.left_out + containers_left_out(s->containers) + s->mntns.left_out +
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
    netns_list_clear(&s->netns);
    s->mntns.left_out = 0;
    s->processes = s->others = s->execs = 0;
}

void scanner_scan(struct scanner *s)
{
    uint64_t start_ns = clock_cpu_ns();

    scanner_hear(s);
    begin(s);
    facts_begin(s->facts, clock_now_ns());
    containers_begin(s->containers);
    netns_list_at(&s->netns, s->netns.proc, "self/ns/net", false);
    scanner_scan_mounts(s);
    if (!s->options.names_only)
        scanner_scan_processes(s, &(struct scanner_which){.all = true});
    scanner_scan_mntns(s);
    facts_unseen(s->facts, ROW_NETNS, scan_hidden, s);
    see_just_read(s, NULL, 0);
    facts_end(s->facts, ALL_KINDS);
    end_counts(s);
    s->took_ns = clock_cpu_ns() - start_ns;
}

void scanner_mounts(struct scanner *s)
{
    facts_begin(s->facts, clock_now_ns());
    scanner_scan_mounts(s);
    scanner_keep_mntns(s);
    see_just_read(s, NULL, 0);
    facts_end(s->facts, 1u << ROW_NAME);
}

static struct netns_entry *find_known(struct scanner *s, const struct nst_netns *netns)
{
    struct netns_entry *ns = netns_list_find(&s->netns, netns->inum);
    bool is_it = ns && (!netns->cookie || !ns->netns.cookie || ns->netns.cookie == netns->cookie);

    return is_it && netns_list_is_same(&s->netns, ns) ? ns : NULL;
}

static bool has_device(const struct netns_entry *ns, uint32_t ifindex, const char *name)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++)
        if (ns->contents.devices[i].row.ifindex == ifindex)
            return !strcmp(ns->contents.devices[i].name, name);
    return false;
}

/* Whether one of its processes is known then. */
static bool look_for_processes(struct scanner *s, const struct nst_netns *netns,
                               const struct scanner_which *which)
{
    const struct netns_entry *ns;

    scanner_scan_processes(s, which);
    ns = find_known(s, netns);
    return ns && ns->populated;
}

void scanner_look(struct scanner *s, const struct scanner_sight *sight)
{
    const struct nst_netns *netns = &sight->netns;
    struct netns_entry *ns = find_known(s, netns);

    if (ns && (!sight->ifindex || has_device(ns, sight->ifindex, sight->name)))
        return;
    facts_begin(s->facts, clock_now_ns());
    containers_refresh(s->containers);
    if (ns) {
        netns_list_read_again(&s->netns, ns);
    } else {
        netns_list_by_cookie(&s->netns, netns);
        scanner_scan_mounts(s);
    }
    ns = find_known(s, netns);
    if (!s->options.names_only && !(ns && ns->populated) &&
        !look_for_processes(s, netns, &(struct scanner_which){0}))
        look_for_processes(s, netns, &(struct scanner_which){.netns = netns});
    ns = find_known(s, netns);
    if (!ns || !(ns->populated || ns->paths_count))
        scanner_scan_mntns(s);
    see_just_read(s, netns, sight->ts_ns);
}

enum news { NO_NEWS, A_PROCESS, A_FIRST };

/* The first process of its namespace or of its container, of which more may have been written
 * since; or one of a namespace that is not the initial one. Of that one there can be thousands a
 * second. */
static enum news is_news(struct scanner *s, int process, pid_t pid)
{
    const struct netns_entry *ns = scanner_netns_of(s, process, pid, false);
    char cgroup[PROC_TEXT_MAX + 1];

    if (!ns)
        return NO_NEWS;
    proc_read_cgroup(process, cgroup);
    if (!ns->populated || containers_is_new(s->containers, cgroup))
        return A_FIRST;
    if (ns->netns.inum == s->netns.initial_inum)
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

    if (s->options.names_only || pid <= 0 || (uint32_t)pid >= SCANNER_PIDS_MAX)
        return;
    snprintf(name, sizeof(name), "%d", (int)pid);
    fd = proc_open(s->netns.proc, name);
    if (fd < 0)
        return;
    facts_begin(s->facts, clock_now_ns());
    news = is_news(s, fd, pid);
    if (news == A_FIRST)
        containers_refresh(s->containers);
    if (news)
        scanner_scan_process(s, name, pid);
    close(fd);
    see_just_read(s, NULL, 0);
}

void scanner_missed(struct scanner *s)
{
    if (!s->options.names_only)
        scanner_counting(s)->left_out++;
}

int scanner_fd(const struct scanner *s)
{
    return netns_list_fd(&s->netns);
}

static void mark_all(struct scanner *s)
{
    for (uint32_t i = 0; i < s->netns.count; i++)
        s->netns.entries[i].changed = true;
}

bool scanner_hear(struct scanner *s)
{
    struct nst_netns netns;
    struct netns_entry *ns;
    enum change_kind change;
    bool any = false;

    while ((change = netns_list_next(&s->netns, &netns)) == CHANGE_INSIDE ||
           change == CHANGE_DEATH) {
        if (change == CHANGE_DEATH) {
            facts_died(s->facts, facts_netns(&netns), clock_now_ns());
        } else if ((ns = netns_list_find(&s->netns, netns.inum))) {
            ns->changed = true;
            any = true;
        }
    }
    /* The next scan finds who has died. */
    if (change == CHANGE_MISSED)
        mark_all(s);
    return any || change == CHANGE_MISSED;
}

/* The namespace at a link's other end may have become known since. */
static bool misses_end(const struct netns_entry *ns)
{
    for (uint32_t i = 0; i < ns->contents.devices_count; i++) {
        const struct netns_device *device = &ns->contents.devices[i];

        if (device->elsewhere && device->nsid >= 0 && !device->row.link_netns.inum)
            return true;
    }
    return false;
}

void scanner_devices(struct scanner *s)
{
    facts_begin(s->facts, clock_now_ns());
    for (uint32_t i = 0; i < s->netns.count; i++) {
        struct netns_entry *ns = &s->netns.entries[i];

        if (ns->changed || misses_end(ns))
            netns_list_read_again(&s->netns, ns);
        ns->changed = false;
    }
    see_just_read(s, NULL, 0);
}
