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
#include "capture/inventory/row.h"
#include "capture/inventory/runtime_paths.h"
#include "tests/unit/tap.h"

#define ID  "4f2d8e1c9b3a7f605d4c3b2a190817263544536271809fae0d1c2b3a49586776"
#define POD "0f3b8c1e-5d2a-4b7c-9e61-a1b2c3d4e5f6"

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
    remove("docker/containers/" ID "/config.v2.json");
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

static bool same(const char *got, const char *wanted)
{
    return got && wanted ? !strcmp(got, wanted) : got == wanted;
}

/* What is said of the container of a process in that cgroup, when it is seen for the first time. */
static void test_row(const char *cgroup, struct nst_container wanted, const char *name)
{
    struct containers *c = containers_new(&paths);
    struct nst_process one = process(getpid(), cgroup);
    struct nst_container row = {0};

    containers_begin(c);
    tap_ok(&tap,
           containers_find(c, &one, 7, &row) && row.pid == one.pid && same(row.id, wanted.id) &&
               same(row.runtime, wanted.runtime) && same(row.name, wanted.name) &&
               same(row.image, wanted.image) && same(row.pod_name, wanted.pod_name) &&
               same(row.pod_namespace, wanted.pod_namespace) && same(row.pod_uid, wanted.pod_uid) &&
               same(row.pod_container, wanted.pod_container),
           name);
    containers_free(c);
}

static void test_machine(void)
{
    struct containers *c = containers_new(&paths);

    write_file("machines/guest", "# private\nNAME=guest\nCLASS=vm\nROOT=/guest\n");
    containers_begin(c);
    tap_ok(&tap, !is_in(c, getpid(), "/machine.slice/machine-guest.scope"),
           "a virtual machine is no container");
    containers_free(c);
    write_file("machines/web-1", "# private\nNAME=web-1\nSCOPE=machine-web\\x2d1.scope\n"
                                 "ROOT=/var/lib/machines/web\nCLASS=container\nNETIF=3\n");
    test_row(
        "/machine.slice/machine-web\\x2d1.scope/payload",
        (struct nst_container){
            .runtime = "nspawn", .id = "web-1", .name = "web-1", .image = "/var/lib/machines/web"},
        "one of systemd-nspawn, with the folder that it has as its root");
    test_row("/machine.slice/systemd-nspawn@unknown.service/payload",
             (struct nst_container){.runtime = "nspawn", .id = "unknown", .name = "unknown"},
             "one that systemd-machined does not know");
}

static void test_lxc(void)
{
    /* That runtime's alone. */
    write_file("docker/containers/db/config.v2.json", "{\"Name\": \"/other\"}");
    write_file("machines/db", "# private\nNAME=db\nCLASS=vm\nROOT=/other\n");
    test_row("/lxc.payload.db/system.slice/ssh.service",
             (struct nst_container){.runtime = "lxc", .id = "db", .name = "db"},
             "one of LXC, by its name");
    test_row("/lxc/db", (struct nst_container){.runtime = "lxc", .id = "db", .name = "db"},
             "and by that of older ones");
}

/* As CRI-O makes them: the metadata of a sandbox and of a container differ in some members. */
#define CRIO(name, members)                                                                        \
    "[{\"id\": \"" ID "\", \"names\": [\"" name "\"], \"metadata\": \""                            \
    "{\\\"pod-name\\\":\\\"mail-0\\\",\\\"pod-id\\\":\\\"77\\\","                                  \
    "\\\"image-name\\\":\\\"quay.example/smtp:4\\\",\\\"name\\\":\\\"" name "\\\"," members        \
    "}\"}]"

static void test_crio(void)
{
    const char *cgroup = "/kubepods/pod" POD "/crio-" ID;

    write_file("storage/overlay-containers/containers.json",
               CRIO("k8s_POD_mail-0",
                    "\\\"metadata-name\\\":\\\"mail-0\\\",\\\"pod\\\":true,"
                    "\\\"namespace\\\":\\\"post\\\",\\\"uid\\\":\\\"" POD "\\\""));
    test_row(cgroup,
             (struct nst_container){.runtime = "crio",
                                    .id = ID,
                                    .name = "k8s_POD_mail-0",
                                    .image = "quay.example/smtp:4",
                                    .pod_name = "mail-0",
                                    .pod_namespace = "post",
                                    .pod_uid = POD,
                                    .pod_container = "POD"},
             "a sandbox of CRI-O, by what it keeps in containers/storage");
    write_file("storage/overlay-containers/containers.json", "[]");
    write_file("storage/overlay-containers/volatile-containers.json",
               CRIO("k8s_smtp_mail-0", "\\\"metadata-name\\\":\\\"smtp\\\""));
    mkdir("pods", 0700);
    mkdir("pods/post_mail-0_" POD, 0700);
    test_row(cgroup,
             (struct nst_container){.runtime = "crio",
                                    .id = ID,
                                    .name = "k8s_smtp_mail-0",
                                    .image = "quay.example/smtp:4",
                                    .pod_name = "mail-0",
                                    .pod_namespace = "post",
                                    .pod_uid = POD,
                                    .pod_container = "smtp"},
             "and a container, which is volatile; its pod's namespace is in that one's log folder");
    write_file("storage/overlay-containers/volatile-containers.json", "[]");
}

#define TASK "io.containerd.runtime.v2.task/"

/* Bundles of the three that use containerd, told apart by its namespaces. */
static void test_containerd(void)
{
    static const char plain[] = "{\"ociVersion\": \"1.1.0\"}";

    write_file("containerd/" TASK "moby/" ID "/config.json", plain);
    test_row("/some/" ID, (struct nst_container){.runtime = "docker", .id = ID},
             "one in the containerd of Docker, whose own files are elsewhere");
    remove("containerd/" TASK "moby/" ID "/config.json");
    write_file("containerd/" TASK "default/" ID "/config.json",
               "{\"ociVersion\": \"1.1.0\", \"annotations\": {\"nerdctl/name\": \"cache\","
               "\"nerdctl/namespace\": \"default\", \"nerdctl/hostname\": \"no\"}}");
    test_row("/default/" ID,
             (struct nst_container){.runtime = "containerd", .id = ID, .name = "cache"},
             "one of nerdctl's, by its labels");
    test_row("/system.slice/nerdctl-" ID ".scope",
             (struct nst_container){.runtime = "containerd", .id = ID, .name = "cache"},
             "and in systemd's slices");
    remove("containerd/" TASK "default/" ID "/config.json");
    write_file("containerd/io.containerd.runtime.v1.linux/k8s.io/" ID "/config.json", plain);
    test_row("/some/" ID, (struct nst_container){.runtime = "containerd", .id = ID},
             "one of containerd's before its version 2");
    remove("containerd/io.containerd.runtime.v1.linux/k8s.io/" ID "/config.json");
}

/* Whether anything of what is said of the container has that word in it. */
static bool row_holds(const char *word)
{
    struct containers *c = containers_new(&paths);
    struct nst_process one = process(getpid(), "/some/" ID);
    struct row row = {.kind = ROW_CONTAINER};
    struct buffer bytes = {0};
    bool holds;

    containers_begin(c);
    holds = !containers_find(c, &one, 7, &row.container);
    row_encode(&bytes, &row);
    holds |= memmem(bytes.data, bytes.len, word, strlen(word)) != NULL;
    nst_buffer_free(&bytes);
    containers_free(c);
    return holds;
}

/* Environments hold passwords, and they are in the very files that are read; also one that looks
 * like what is wanted. */
#define ENVIRONMENT                                                                                \
    "[\"PASSWORD=secret\", \"nerdctl/name=secret\", \"io.kubernetes.pod.name=secret\"]"

static void test_environment(void)
{
    write_file("docker/containers/" ID "/config.v2.json",
               "{\"Name\": \"/web\", \"Path\": \"secret\", \"Args\": [\"secret\"], \"Config\": {"
               "\"Image\": \"nginx\", \"Env\": " ENVIRONMENT ", \"Cmd\": [\"secret\"]}}");
    tap_ok(&tap, !row_holds("secret") && row_holds("nginx"), "no environment from Docker's files");
    remove("docker/containers/" ID "/config.v2.json");
    write_file(
        "containerd/" TASK "k8s.io/" ID "/config.json",
        "{\"ociVersion\": \"1.1.0\", \"process\": {\"args\": [\"secret\"], \"env\": " ENVIRONMENT
        "}, \"annotations\": {\"nerdctl/name\": \"web\", \"other\": \"secret\"}}");
    tap_ok(&tap, !row_holds("secret") && row_holds("web"), "nor from a bundle");
    remove("containerd/" TASK "k8s.io/" ID "/config.json");
    write_file("storage/overlay-containers/" ID "/userdata/config.json",
               "{\"ociVersion\": \"1.1.0\", \"process\": {\"env\": " ENVIRONMENT
               "}, \"annotations\": {"
               "\"io.kubernetes.cri-o.ImageName\": \"quay.example/web\", "
               "\"io.kubernetes.cri-o.Labels\": \"{\\\"PASSWORD\\\":\\\"secret\\\"}\"}}");
    tap_ok(&tap, !row_holds("secret") && row_holds("quay.example/web"), "nor from one of CRI-O's");
    remove("storage/overlay-containers/" ID "/userdata/config.json");
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
    test_lxc();
    test_crio();
    test_containerd();
    test_environment();
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command))
        return 1;
    return tap_done(&tap);
}
