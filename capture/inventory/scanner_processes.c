/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Processes, the namespaces that they are in, and their containers. */
#include "config.h"

#include "capture/inventory/scanner_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/inventory/proc.h"

#define PATH_ROOM 32 /* of one below /proc */

struct netns_entry *scanner_netns_of(struct scanner *s, int process, pid_t pid, bool is_known)
{
    struct netns_entry *ns =
        scanner_found(s, netns_list_at(&s->netns, process, "ns/net", !is_known), process);

    if (!ns && errno != ENOENT && errno != ESRCH)
        scanner_counting(s)->unread++;
    if (ns && !ns->pid)
        ns->pid = pid;
    return ns;
}

/* Whether it is recorded, and counts it. */
static bool has_room(struct scanner *s, struct netns_entry *ns, const struct nst_process *process)
{
    const struct scanner_limits *limits = &s->options.limits;
    bool matters = process->flags || !ns->populated;

    if (s->processes < limits->processes_max && (matters || s->others < limits->processes)) {
        s->processes++;
        s->others += !matters;
        ns->populated = true;
        return true;
    }
    scanner_counting(s)->left_out++;
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

static void see_process(struct scanner *s, int fd, pid_t pid, struct netns_entry *ns)
{
    struct row row = {.kind = ROW_PROCESS, .process = {.netns = ns->netns}};
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
    if (!has_room(s, ns, process))
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
    return *end || pid >= SCANNER_PIDS_MAX ? 0 : (pid_t)pid;
}

static bool has_pid(const uint8_t *pids, pid_t pid)
{
    return pids[pid / 8] & 1u << pid % 8;
}

static void add_pid(uint8_t *pids, pid_t pid)
{
    pids[pid / 8] |= (uint8_t)(1u << pid % 8);
}

void scanner_scan_process(struct scanner *s, const char *name, pid_t pid)
{
    int fd = proc_open(s->netns.proc, name);
    struct netns_entry *ns;

    if (fd < 0)
        return;
    ns = scanner_netns_of(s, fd, pid, has_pid(s->before, pid));
    if (ns)
        see_process(s, fd, pid, ns);
    close(fd);
    add_pid(s->pids, pid);
}

void scanner_each_process(struct scanner *s, scanner_take *take, const void *context)
{
    int fd = openat(s->netns.proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static bool is_in(const struct scanner *s, pid_t pid, const struct nst_netns *netns)
{
    char path[PATH_ROOM];
    struct stat status;

    snprintf(path, sizeof(path), "%d/ns/net", (int)pid);
    return fstatat(s->netns.proc, path, &status, 0) == 0 && status.st_ino == netns->inum;
}

/* We are in other namespaces only to look around. */
static bool is_wanted(const struct scanner *s, const struct scanner_which *which, pid_t pid)
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
        scanner_scan_process(s, name, pid);
}

void scanner_scan_processes(struct scanner *s, const struct scanner_which *which)
{
    scanner_each_process(s, scan_if_wanted, which);
}
