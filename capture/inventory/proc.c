/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/inventory/cgroup_id.h"
#include "capture/inventory/file_at.h"

/* Kernel threads are in the initial namespaces, and this is their parent. */
#define KTHREADD "2"

/* A process can be in a cgroup of each version 1 hierarchy, with long names. */
#define CGROUP_FILE_MAX 16384
/* The masks of a thousand CPUs and the supplementary groups make it long. */
#define STATUS_FILE_MAX 16384

bool proc_parse_stat(const char *text, struct proc_stat *stat)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    size_t length;

    if (!open || !close || close < open)
        return false;
    length = (size_t)(close - open - 1);
    if (length >= sizeof(stat->comm))
        length = sizeof(stat->comm) - 1;
    memcpy(stat->comm, open + 1, length);
    stat->comm[length] = '\0';
    /* State, parent, group, session; 15 more; start. proc(5) numbers them from 3. */
    return sscanf(close + 1,
                  " %*c %u %*d %u %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %lu",
                  &stat->parent, &stat->session, &stat->start_ticks) == 3;
}

/* The text behind a line's key; NULL: there is no such line. Names of processes stand in the
 * first line, escaped so that they make no other. */
static const char *status_line(const char *text, const char *key)
{
    const char *line = strstr(text, key);

    return line ? line + strlen(key) : NULL;
}

bool proc_parse_status(const char *text, struct proc_status *status)
{
    /* Real, effective, ...; and the pid in each pid namespace, its own last. */
    const char *uid = status_line(text, "\nUid:"), *pids = status_line(text, "\nNSpid:");

    if (!uid || sscanf(uid, " %*u %u", &status->uid) != 1)
        return false;
    status->init = false;
    if (pids) {
        size_t len = strcspn(pids, "\n");

        status->init = len >= 2 && pids[len - 1] == '1' && pids[len - 2] == '\t';
    }
    return true;
}

/* One line is `hierarchy:controllers:path`, the first two empty-ish for version 2 (`0::path`). */
static const char *cgroup_path(const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));

    if (colon)
        colon = memchr(colon + 1, ':', (size_t)(end - colon - 1));
    return colon ? colon + 1 : end;
}

static void copy_tail(char *to, const char *from, size_t length)
{
    if (length > PROC_TEXT_MAX) {
        from += length - PROC_TEXT_MAX;
        length = PROC_TEXT_MAX;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

static bool names_container(const char *path, size_t length)
{
    char cgroup[PROC_TEXT_MAX + 1];
    struct cgroup_id id;

    copy_tail(cgroup, path, length);
    return cgroup_identify(cgroup, &id);
}

/* On a host with both versions a runtime can use the one and systemd the other. */
void proc_parse_cgroup(const char *text, char cgroup[PROC_TEXT_MAX + 1])
{
    const char *best = text, *next;
    size_t best_length = 0;
    bool named = false;

    for (const char *line = text; *line && !named; line = next) {
        const char *end = strchr(line, '\n'), *path;
        size_t length;

        if (!end)
            end = line + strlen(line);
        next = *end ? end + 1 : end;
        path = cgroup_path(line, end);
        length = (size_t)(end - path);
        named = names_container(path, length);
        /* That of version 2 stands last. */
        if (named || length > best_length || (!strncmp(line, "0::", 3) && length > 1)) {
            best = path;
            best_length = length;
        }
    }
    copy_tail(cgroup, best, best_length);
}

int proc_open(int proc_fd, const char *pid)
{
    return openat(proc_fd, pid, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static ssize_t read_text(int process, const char *name, char *buf, size_t room)
{
    int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (fd < 0)
        return -1;
    length = file_at_drain(fd, buf, room);
    close(fd);
    return length;
}

bool proc_read_stat(int process, struct proc_stat *stat)
{
    char text[1024];

    return read_text(process, "stat", text, sizeof(text)) > 0 && proc_parse_stat(text, stat);
}

int proc_open_initial(int proc_fd)
{
    struct proc_stat stat;
    int thread = proc_open(proc_fd, KTHREADD);

    if (thread < 0 ||
        (proc_read_stat(thread, &stat) && stat.parent == 0 && !strcmp(stat.comm, "kthreadd")))
        return thread;
    close(thread);
    return -1;
}

bool proc_read_status(int process, struct proc_status *status)
{
    char text[STATUS_FILE_MAX];

    return read_text(process, "status", text, sizeof(text)) > 0 && proc_parse_status(text, status);
}

void proc_read_cgroup(int process, char cgroup[PROC_TEXT_MAX + 1])
{
    char text[CGROUP_FILE_MAX];

    *cgroup = '\0';
    if (read_text(process, "cgroup", text, sizeof(text)) > 0)
        proc_parse_cgroup(text, cgroup);
}

void proc_read_exe(int process, char exe[PROC_TEXT_MAX + 1])
{
    ssize_t length = readlinkat(process, "exe", exe, PROC_TEXT_MAX);

    exe[length < 0 ? 0 : length] = '\0';
}

void proc_read_cmdline(int process, char cmdline[PROC_TEXT_MAX + 1])
{
    int fd = openat(process, "cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, cmdline, PROC_TEXT_MAX);

    if (fd >= 0)
        close(fd);
    if (length < 0)
        length = 0;
    while (length > 0 && !cmdline[length - 1])
        length--;
    for (ssize_t i = 0; i < length; i++)
        if (!cmdline[i])
            cmdline[i] = ' ';
    cmdline[length] = '\0';
}

/* "mnt:[4026531841]". To ask for the file that the link leads to takes three times as long. */
uint32_t proc_read_ns(int process, const char *which)
{
    char text[64], *bracket;
    ssize_t length = readlinkat(process, which, text, sizeof(text) - 1);

    if (length < 0)
        return 0;
    text[length] = '\0';
    bracket = strchr(text, '[');
    return bracket ? (uint32_t)strtoul(bracket + 1, NULL, 10) : 0;
}
