/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * crowd COUNT NETNS[=CGROUP]...: so many processes in each of these network namespaces, and in the
 * cgroup of this folder; they do nothing, and end with it. Prints "ready" once all are there.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void idle(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
        _exit(1);
    for (;;)
        pause();
}

static void enter_netns(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || setns(fd, CLONE_NEWNET))
        fail(path);
    close(fd);
}

static void enter_cgroup(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "0", 1) != 1)
        fail(path);
    close(fd);
    close(folder);
}

static void populate(char *where, unsigned long count)
{
    pid_t parent = getpid(), child;
    char *cgroup = strchr(where, '=');

    if (cgroup) {
        *cgroup++ = '\0';
        enter_cgroup(cgroup);
    }
    enter_netns(where);
    while (count--) {
        child = fork();
        if (child < 0)
            fail("fork");
        if (child == 0)
            idle(parent);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: crowd COUNT NETNS[=CGROUP]...\n");
        return 1;
    }
    for (int i = 2; i < argc; i++)
        populate(argv[i], strtoul(argv[1], NULL, 10));
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
