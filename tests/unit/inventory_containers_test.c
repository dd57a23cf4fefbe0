/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which container a process is in, from one scan to the next. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/inventory/containers.h"
#include "capture/inventory/runtime_paths.h"
#include "tests/unit/tap.h"

#define ID "4f2d8e1c9b3a7f605d4c3b2a190817263544536271809fae0d1c2b3a49586776"

static struct tap tap;
/* Below the folder of this test. */
static const struct runtime_paths paths = {{
    [SOURCE_DOCKER] = "docker",
    [SOURCE_CONTAINERD] = "containerd",
    [SOURCE_STORAGE] = "storage",
    [SOURCE_RUNC] = "runc",
    [SOURCE_CRUN] = "crun",
    [SOURCE_MACHINES] = "machines",
    [SOURCE_PODS] = "pods",
    [SOURCE_LOGS] = "logs",
}};

/* With the folders on its way. */
static void write_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s", name);
    for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0700);
    }
    file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file))
        exit(1);
}

static struct nst_process process(pid_t pid, const char *cgroup)
{
    return (struct nst_process){
        .pid = (uint32_t)pid, .comm = "x", .cgroup = cgroup, .flags = NST_PROCESS_INIT};
}

/* The pid of the container of a process; 0: it is in none. */
static uint32_t pid_of(struct containers *c, struct nst_process process, uint64_t start_ticks)
{
    struct nst_container row;

    return containers_find(c, &process, start_ticks, &row) ? row.pid : 0;
}

static pid_t ended(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    return pid;
}

static void test_pid(void)
{
    struct containers *c = containers_new(&paths);
    struct nst_process first = process(getpid(), "/docker/" ID), second = first, other = first;
    pid_t gone = ended();

    second.pid = (uint32_t)getppid();
    other.pid = (uint32_t)gone;
    other.flags = 0;
    containers_begin(c);
    tap_ok(&tap, pid_of(c, other, 5) == (uint32_t)gone, "any process stands for its container");
    other.pid = second.pid;
    tap_ok(&tap, pid_of(c, other, 5) == second.pid, "until it is gone");
    tap_ok(&tap, pid_of(c, first, 7) == first.pid, "or the first of a pid namespace is seen");
    tap_ok(&tap, pid_of(c, second, 8) == first.pid, "one in another within does not replace that");
    for (int i = 0; i < 2; i++) {
        containers_begin(c);
        tap_ok(&tap, pid_of(c, second, 8) == first.pid && pid_of(c, first, 7) == first.pid,
               "nor in later scans, whichever comes first");
    }
    containers_begin(c);
    pid_of(c, second, 8);
    containers_begin(c);
    tap_ok(&tap, pid_of(c, second, 8) == second.pid, "one that a whole scan has not seen is gone");
    containers_free(c);
}

static bool is_named(struct containers *c, const char *name)
{
    struct nst_process one = process(getpid(), "/docker/" ID);
    struct nst_container row;

    return containers_find(c, &one, 7, &row) &&
           (name ? row.name && !strcmp(row.name, name) : !row.name);
}

static void test_tries(void)
{
    struct containers *c = containers_new(&paths);
    bool unnamed = true;

    containers_begin(c);
    for (int i = 0; i < 20; i++)
        unnamed = unnamed && is_named(c, NULL);
    tap_ok(&tap, unnamed, "a container of many processes without its runtime's file");
    write_file("docker/containers/" ID "/config.v2.json", "{\"Name\": \"/web\"}");
    containers_begin(c);
    tap_ok(&tap, is_named(c, "web"), "that is written before the next scan");
    containers_free(c);
}

static bool is_in(struct containers *c, pid_t pid, const char *cgroup)
{
    return pid_of(c, process(pid, cgroup), 7) == (uint32_t)getpid();
}

/* What runc lists: that its init is this process, and where it made cgroups. */
static struct containers *with_listed(const char *cgroups)
{
    struct containers *c = containers_new(&paths);
    char text[256];

    snprintf(text, sizeof(text), "{\"init_process_pid\": %d, \"cgroup_paths\": {%s}}",
             (int)getpid(), cgroups);
    write_file("runc/listed/state.json", text);
    containers_begin(c);
    return c;
}

static void test_listed(void)
{
    struct containers *c = with_listed("\"\": \"/sys/fs/cgroup/session/listed\"");

    tap_ok(&tap, is_in(c, getpid(), "/session") && !is_in(c, getppid(), "/session"),
           "an init whose cgroup could not be made is in the container, its session is not");
    containers_free(c);
    c = with_listed("\"\": \"/sys/fs/cgroup/x/listed\"");
    tap_ok(&tap,
           is_in(c, getpid(), "/x/listed/init.scope") && is_in(c, getppid(), "/x/listed/other") &&
               !is_in(c, getppid(), "/x/list"),
           "with a cgroup of its own, all that is in that is");
    containers_free(c);
    c = with_listed("\"cpu\": \"/sys/fs/cgroup/cpu/x/listed\", \"name=systemd\": "
                    "\"/sys/fs/cgroup/systemd/x/listed\"");
    tap_ok(&tap, is_in(c, getpid(), "/x/listed") && is_in(c, getppid(), "/x/listed"),
           "so in version 1");
    containers_free(c);
}

static void test_machine(void)
{
    struct containers *c = containers_new(&paths);

    write_file("machines/guest", "# private\nNAME=guest\nCLASS=vm\nROOT=/guest\n");
    write_file("machines/web", "# private\nNAME=web\nCLASS=container\nROOT=/web\n");
    containers_begin(c);
    tap_ok(&tap, !is_in(c, getpid(), "/machine.slice/machine-guest.scope"),
           "a virtual machine is no container");
    tap_ok(&tap, is_in(c, getpid(), "/machine.slice/machine-web.scope"), "that of nspawn is");
    containers_free(c);
}

static void test_full(void)
{
    struct containers *c = containers_new(&paths);
    char cgroup[16 + sizeof(ID)];
    unsigned found = 0;

    containers_begin(c);
    for (unsigned i = 0; i < 8200; i++) {
        snprintf(cgroup, sizeof(cgroup), "/docker/%064x", i);
        found += pid_of(c, process(getpid(), cgroup), 7) != 0;
    }
    tap_ok(&tap, found == 8192 && containers_left_out(c) == 8, "too many are counted");
    containers_free(c);
}

int main(void)
{
    char folder[] = "/tmp/nstrail-containers.XXXXXX", command[64];

    if (!mkdtemp(folder) || chdir(folder))
        return 1;
    test_pid();
    test_tries();
    test_full();
    test_listed();
    test_machine();
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command))
        return 1;
    return tap_done(&tap);
}
