/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the inventory reads from /proc and from container runtimes, good and hostile. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/inventory/cgroup_id.h"
#include "capture/inventory/container_json.h"
#include "capture/inventory/file_at.h"
#include "capture/inventory/mounts.h"
#include "capture/inventory/proc.h"
#include "capture/inventory/runtime_files.h"
#include "tests/unit/tap.h"

#define ID  "4f2d8e1c9b3a7f605d4c3b2a190817263544536271809fae0d1c2b3a49586776"
#define UID "0f3b8c1e-5d2a-4b7c-9e61-a1b2c3d4e5f6"

static struct tap tap;

static bool same(const char *got, const char *wanted)
{
    return got && wanted ? !strcmp(got, wanted) : got == wanted;
}

static bool stat_is(const char *text, const char *comm, uint32_t session, uint64_t start)
{
    struct proc_stat stat;

    return proc_parse_stat(text, &stat) && !strcmp(stat.comm, comm) && stat.session == session &&
           stat.start_ticks == start;
}

#define STAT_REST ") S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 424242 10000 20\n"

static void test_stat(void)
{
    struct proc_stat stat;

    tap_ok(&tap, stat_is("12 (bash" STAT_REST, "bash", 9, 424242), "a process");
    tap_ok(&tap, stat_is("12 (a) R 1 1 1 (" STAT_REST, "a) R 1 1 1 (", 9, 424242),
           "a name with parentheses, as if it were more fields");
    tap_ok(&tap, stat_is("12 (\n" STAT_REST, "\n", 9, 424242), "a name with a newline");
    tap_ok(&tap, stat_is("12 (" STAT_REST, "", 9, 424242), "no name");
    tap_ok(&tap, !proc_parse_stat("12 (bash) S 7 8", &stat), "cut short");
    tap_ok(&tap, !proc_parse_stat("", &stat) && !proc_parse_stat(")(", &stat), "nothing");
}

static void test_status(void)
{
    struct proc_status status;

    tap_ok(&tap,
           proc_parse_status("Name:\tsh\nUid:\t0\t33\t0\t0\nNSpid:\t4321\t1\nX:\n", &status) &&
               status.uid == 33 && status.init,
           "the first process of a pid namespace, by its effective user");
    tap_ok(&tap,
           proc_parse_status("Name:\tsh\nUid:\t5\t5\t5\t5\nNSpid:\t4321\t11\n", &status) &&
               !status.init,
           "pid 11 is not the first");
    tap_ok(&tap,
           proc_parse_status("Name:\tsh\nUid:\t5\t5\t5\t5\nNSpid:\t1\n", &status) && status.init,
           "the host's first process");
    tap_ok(&tap, !proc_parse_status("Name:\tUid:\t7\t7\n", &status), "a name is no user");
}

static bool cgroup_is(const char *text, const char *wanted)
{
    char cgroup[PROC_TEXT_MAX + 1];

    proc_parse_cgroup(text, cgroup);
    return !strcmp(cgroup, wanted);
}

static void test_cgroup_file(void)
{
    char *text = calloc(1, 3 * NST_MAX_TEXT);

    tap_ok(&tap, cgroup_is("0::/system.slice/a.service\n", "/system.slice/a.service"), "version 2");
    tap_ok(
        &tap,
        cgroup_is("3:cpu:/docker/x\n2:memory:/docker/xyz\n1:name=systemd:/\n0::/\n", "/docker/xyz"),
        "version 1 where version 2 has nothing");
    tap_ok(&tap, cgroup_is("3:cpu:/very/long/path\n0::/user.slice\n", "/user.slice"),
           "version 2 where both have something");
    tap_ok(&tap,
           cgroup_is("2:memory:/docker/" ID "\n1:name=systemd:/a/longer/path/that/tells/nothing/of/"
                     "it/at/all/and/goes/on/and/on/and/on/and/on\n0::/system.slice/a.service\n",
                     "/docker/" ID),
           "both, with a container in version 1 alone");
    tap_ok(&tap, cgroup_is("", "") && cgroup_is("nonsense", "") && cgroup_is("1:\n\n::\n", ""),
           "nothing, or nothing that makes sense");
    tap_ok(&tap, cgroup_is("0::/a:b", "/a:b"), "a colon in the path, no newline at the end");
    memset(text, 'x', 2 * NST_MAX_TEXT);
    memcpy(text, "0::/", 4);
    memcpy(text + 2 * NST_MAX_TEXT - 4, "/end", 4);
    tap_ok(&tap, cgroup_is(text, text + NST_MAX_TEXT), "one too long is cut at its front");
    free(text);
}

static bool mount_is(const char *text, uint32_t inum, const char *path)
{
    struct mount mount;

    if (!mounts_next(&text, &mount))
        return inum == 0;
    return mount.inum == inum && !strcmp(mount.path, path) && !*text;
}

static void test_mounts(void)
{
    tap_ok(&tap,
           mount_is("24 1 8:1 / / rw - ext4 /dev/sda rw\n"
                    "43 42 0:4 net:[4026532177] /run/netns/a\\040b rw shared:2 - nsfs nsfs rw\n",
                    4026532177u, "/run/netns/a b"),
           "a namespace, with a blank in its name");
    tap_ok(&tap, mount_is("43 42 0:4 net:[5] /x rw shared:2 master:1 - nsfs nsfs rw", 5, "/x"),
           "more tags, no newline at the end");
    tap_ok(&tap, mount_is("43 42 0:4 net:[5] /x rw - ext4 /dev/sda rw\n", 0, ""),
           "a folder that is called so");
    tap_ok(&tap, mount_is("43 42 0:4 mnt:[5] /x rw - nsfs nsfs rw\n", 0, ""), "a mount namespace");
    tap_ok(&tap,
           mount_is("43 42 0:4 net:[0] /x rw - nsfs n\n4 4 0:4 net:[4294967296] /x rw - nsfs n\n"
                    "4 4 0:4 net:[1 /x rw - nsfs n\n4 4 0:4 net:[-5] /x rw - nsfs n\n4 4\n\n",
                    0, ""),
           "numbers that are none, and lines that end early");
    tap_ok(&tap, mount_is("4 4 0:4 net:[7] /a\\000b rw - nsfs n\n", 0, ""), "a NUL in a path");
    tap_ok(&tap, mount_is("4 4 0:4 net:[7] /a\\0 rw - nsfs n\n", 7, "/a\\0"),
           "what only looks like an escape");
}

static void test_identity(const char *cgroup, const char *runtime, const char *id,
                          const char *pod_uid)
{
    struct cgroup_id found;
    bool good = cgroup_identify(cgroup, &found);

    if (id)
        good = good && same(found.runtime, runtime) && !strcmp(found.id, id) &&
               !strcmp(found.pod_uid, pod_uid ? pod_uid : "");
    else
        good = !good;
    tap_ok(&tap, good, cgroup);
}

static void test_identities(void)
{
    test_identity("/docker/" ID, "docker", ID, NULL);
    test_identity("/system.slice/docker-" ID ".scope", "docker", ID, NULL);
    test_identity("/../../docker/" ID, "docker", ID, NULL);
    test_identity("/kubepods/burstable/pod" UID "/" ID, NULL, ID, UID);
    test_identity("/kubepods.slice/kubepods-besteffort.slice/"
                  "kubepods-besteffort-pod0f3b8c1e_5d2a_4b7c_9e61_a1b2c3d4e5f6.slice/"
                  "cri-containerd-" ID ".scope",
                  "containerd", ID, UID);
    test_identity("/system.slice/containerd.service/"
                  "kubepods-pod0f3b8c1e_5d2a_4b7c_9e61_a1b2c3d4e5f6.slice:cri-containerd:" ID,
                  "containerd", ID, UID);
    test_identity("/kubepods.slice/kubepods-pod0f3b8c1e_5d2a_4b7c_9e61_a1b2c3d4e5f6.slice/"
                  "crio-" ID ".scope",
                  "crio", ID, UID);
    test_identity("/kubepods/pod" UID "/crio-" ID, "crio", ID, UID);
    test_identity("/kubepods/pod" UID "/crio-conmon-" ID, NULL, NULL, NULL);
    test_identity("/machine.slice/libpod-" ID ".scope", "podman", ID, NULL);
    test_identity("/machine.slice/libpod-" ID ".scope/container", "podman", ID, NULL);
    test_identity("/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL, NULL);
    test_identity("/machine.slice/machine-deb\\x2d12.scope", "nspawn", "deb-12", NULL);
    test_identity("/machine.slice/systemd-nspawn@web.service/payload", "nspawn", "web", NULL);
    test_identity("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/emulator", NULL, NULL, NULL);
    test_identity("/machine.slice/machine-qemu\\x2dweb.scope", "nspawn", "qemu-web", NULL);
    test_identity("/lxc/web", "lxc", "web", NULL);
    test_identity("/lxc.payload.web/system.slice/ssh.service", "lxc", "web", NULL);
    test_identity("/lxc.monitor.web", NULL, NULL, NULL);
    test_identity("/docker/" ID "/docker/" ID, "docker", ID, NULL);
    test_identity("/user.slice/user-1000.slice/session-2.scope", NULL, NULL, NULL);
    test_identity("/system.slice/docker.service", NULL, NULL, NULL);
    test_identity("/", NULL, NULL, NULL);
    test_identity("", NULL, NULL, NULL);
}

static void test_hostile_identities(void)
{
    char *longest = calloc(1, NST_MAX_TEXT + 1);

    test_identity("/machine.slice/machine-\\x2e\\x2e\\x2fetc.scope", NULL, NULL, NULL);
    test_identity("/machine.slice/machine-\\x00.scope", NULL, NULL, NULL);
    test_identity("/machine.slice/machine-\\x2.scope", "nspawn", "\\x2", NULL);
    test_identity("/lxc/..", NULL, NULL, NULL);
    test_identity("/machine.slice/machine-.scope", NULL, NULL, NULL);
    test_identity("/docker/" ID "0", NULL, NULL, NULL);
    test_identity("/podpodpod-pod/docker/" ID, "docker", ID, NULL);
    test_identity("/kubepods-pod/" ID, NULL, ID, NULL);
    memset(longest, 'a', NST_MAX_TEXT);
    memcpy(longest, "/lxc/", 5);
    tap_ok(&tap, !cgroup_identify(longest, &(struct cgroup_id){0}), "a name too long for a file");
    free(longest);
}

#define FROM(parse, text) parse(&c, text, strlen(text))

static bool field_is(const struct container *c, enum container_field field, const char *wanted)
{
    return same(c->field[field], wanted);
}

static void test_docker(void)
{
    struct container c = {0};
    static const char text[] =
        "{\"ID\":\"" ID "\",\"Name\":\"/web\",\"Config\":{\"Image\":\"nginx:1.25\",\"Labels\":{"
        "\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":\"n\","
        "\"io.kubernetes.pod.uid\":\"" UID "\",\"io.kubernetes.container.name\":\"c\"}}}";

    tap_ok(&tap,
           FROM(container_from_docker, text) && field_is(&c, CONTAINER_NAME, "web") &&
               field_is(&c, CONTAINER_IMAGE, "nginx:1.25") &&
               field_is(&c, CONTAINER_POD_NAME, "p") && field_is(&c, CONTAINER_POD_CONTAINER, "c"),
           "Docker's config.v2.json");
    container_free(&c);
    tap_ok(&tap,
           FROM(container_from_docker, "{\"Name\":7,\"Config\":{\"Image\":[],\"Labels\":\"x\"}}") &&
               !c.field[CONTAINER_NAME] && !c.field[CONTAINER_IMAGE],
           "fields of other types");
    container_free(&c);
    tap_ok(&tap,
           !FROM(container_from_docker, "[]") && !FROM(container_from_docker, "{") &&
               !FROM(container_from_docker, "") && !FROM(container_from_docker, "7"),
           "no such file");
    container_free(&c);
}

static void test_bundles(void)
{
    struct container c = {0};

    tap_ok(
        &tap,
        FROM(container_from_bundle, "{\"ociVersion\":\"1.1.0\",\"annotations\":{"
                                    "\"io.kubernetes.cri.container-name\":\"app\","
                                    "\"io.kubernetes.cri.container-type\":\"container\","
                                    "\"io.kubernetes.cri.image-name\":\"docker.io/library/app:2\","
                                    "\"io.kubernetes.cri.sandbox-name\":\"app-0\","
                                    "\"io.kubernetes.cri.sandbox-namespace\":\"prod\","
                                    "\"io.kubernetes.cri.sandbox-uid\":\"" UID "\"}}") &&
            field_is(&c, CONTAINER_POD_NAME, "app-0") &&
            field_is(&c, CONTAINER_POD_NAMESPACE, "prod") && field_is(&c, CONTAINER_POD_UID, UID) &&
            field_is(&c, CONTAINER_POD_CONTAINER, "app") &&
            field_is(&c, CONTAINER_IMAGE, "docker.io/library/app:2"),
        "a bundle of containerd's CRI plugin");
    container_free(&c);
    tap_ok(
        &tap,
        FROM(container_from_bundle,
             "{\"ociVersion\":\"1.0\",\"annotations\":{"
             "\"io.kubernetes.cri-o.KubeName\":\"db-0\",\"io.kubernetes.cri-o.Namespace\":\"kv\","
             "\"io.kubernetes.cri-o.ImageName\":\"quay.io/db:3\","
             "\"io.kubernetes.cri-o.Name\":\"k8s_db_db-0_kv_" UID "_0\","
             "\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.container.name\\\":\\\"db\\\","
             "\\\"io.kubernetes.pod.uid\\\":\\\"" UID "\\\"}\"}}") &&
            field_is(&c, CONTAINER_POD_NAME, "db-0") &&
            field_is(&c, CONTAINER_POD_NAMESPACE, "kv") &&
            field_is(&c, CONTAINER_POD_CONTAINER, "db") && field_is(&c, CONTAINER_POD_UID, UID) &&
            field_is(&c, CONTAINER_IMAGE, "quay.io/db:3"),
        "a bundle of CRI-O");
    container_free(&c);
    tap_ok(&tap, !FROM(container_from_bundle, "{\"annotations\":{\"nerdctl/name\":\"x\"}}"),
           "some other config.json");
    container_free(&c);
}

static void test_storage(void)
{
    struct container c = {0};
    static const char text[] =
        "[{\"id\":\"other\",\"names\":[\"no\"]},7,{\"id\":\"" ID "\",\"names\":[\"web\"],"
        "\"metadata\":\"{\\\"image-name\\\":\\\"docker.io/nginx\\\",\\\"name\\\":\\\"web\\\"}\"}]";

    tap_ok(&tap,
           container_from_storage(&c, ID, text, strlen(text)) &&
               field_is(&c, CONTAINER_NAME, "web") &&
               field_is(&c, CONTAINER_IMAGE, "docker.io/nginx"),
           "podman's entry in containers.json");
    container_free(&c);
    tap_ok(&tap, !container_from_storage(&c, "absent", text, strlen(text)) && !c.field[0],
           "a container that is not there");
    container_free(&c);
}

static void test_state(void)
{
    struct container c = {0};
    struct container_state state;
    static const char runc[] =
        "{\"id\":\"x\",\"init_process_pid\":4321,\"init_process_start\":99,\"config\":{\"labels\":["
        "\"io.kubernetes.cri.sandbox-name=pod=1\",\"bundle=/b\",\"\",7]},"
        "\"cgroup_paths\":{\"cpu\":\"/sys/fs/cgroup/cpu/x\",\"pids\":7,\"\":\"/sys/fs/cgroup/x\"}}";
    static const char crun[] = "{\"pid\":77,\"process-start-time\":5,\"cgroup-path\":\"/x\"}";
    static const char bad[] = "{\"init_process_pid\":-1,\"pid\":99999999999}";

    tap_ok(&tap,
           container_from_state(&c, &state, runc, strlen(runc)) && state.pid == 4321 &&
               state.start_ticks == 99 && field_is(&c, CONTAINER_POD_NAME, "pod=1") &&
               same(state.cgroups, "/sys/fs/cgroup/cpu/x\n/sys/fs/cgroup/x"),
           "runc's state.json");
    free(state.cgroups);
    container_free(&c);
    tap_ok(&tap,
           container_from_state(&c, &state, crun, strlen(crun)) && state.pid == 77 &&
               same(state.cgroups, "/x"),
           "crun's status");
    free(state.cgroups);
    tap_ok(&tap, !container_from_state(&c, &state, bad, strlen(bad)) && !state.cgroups,
           "pids that are none");
    container_free(&c);
}

/* What can be sent to exhaust a parser. */
static void test_exhausting(void)
{
    const size_t len = 1 << 20;
    struct container c = {0};
    char *text = malloc(len);

    memset(text, '[', len);
    tap_ok(&tap,
           !container_from_docker(&c, text, len) && !container_from_storage(&c, ID, text, len),
           "a million open brackets");
    memset(text, '\0', len);
    tap_ok(&tap, !container_from_bundle(&c, text, len), "a million NULs");
    memset(text, 'a', len);
    memcpy(text, "{\"Name\":\"/", 10);
    memcpy(text + len - 2, "\"}", 2);
    tap_ok(&tap, container_from_docker(&c, text, len) && !c.field[CONTAINER_NAME],
           "a name of a megabyte is none");
    container_free(&c);
    free(text);
}

static void write_file(int folder, const char *path, const char *text)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(fd);
}

static void test_files(int folder)
{
    char buf[64];
    size_t len;

    write_file(folder, "good", "text");
    tap_ok(&tap, file_at_read(folder, "good", buf, sizeof(buf)) == 4 && !strcmp(buf, "text"),
           "a file");
    tap_ok(&tap, file_at_read(folder, "good", buf, 4) == -EFBIG, "a file that is too long");
    tap_ok(&tap, !file_at_load(folder, "good", 3, &len), "and in memory");
    if (symlinkat("good", folder, "link") || mkfifoat(folder, "fifo", 0600) ||
        mkdirat(folder, "folder", 0700) || symlinkat("folder", folder, "way"))
        abort();
    write_file(folder, "folder/inside", "x");
    tap_ok(&tap, file_at_read(folder, "link", buf, sizeof(buf)) < 0, "no link is followed");
    tap_ok(&tap, file_at_read(folder, "way/inside", buf, sizeof(buf)) < 0, "nor on the way");
    tap_ok(&tap, file_at_read(folder, "../../etc/passwd", buf, sizeof(buf)) < 0, "nor upwards");
    tap_ok(&tap, file_at_read(folder, "fifo", buf, sizeof(buf)) < 0, "a FIFO does not hold us up");
    tap_ok(&tap, file_at_read(folder, "folder", buf, sizeof(buf)) < 0, "a folder is no file");
}

static void test_logs(int folder, const char *path)
{
    struct runtime_paths paths;
    struct container c = {0};

    for (int i = 0; i < SOURCES; i++)
        paths.folders[i] = "";
    paths.folders[SOURCE_LOGS] = paths.folders[SOURCE_PODS] = path;
    write_file(folder, "app-0_prod_web-" ID ".log", "");
    if (mkdirat(folder, "kv_db-0_" UID, 0700))
        abort();
    container_set(&c, CONTAINER_ID, ID);
    container_set(&c, CONTAINER_POD_UID, "another");
    runtime_files_read(&paths, &c);
    tap_ok(&tap,
           field_is(&c, CONTAINER_POD_NAME, "app-0") &&
               field_is(&c, CONTAINER_POD_NAMESPACE, "prod") &&
               field_is(&c, CONTAINER_POD_CONTAINER, "web"),
           "a pod by the name of its container's log");
    container_free(&c);
    container_set(&c, CONTAINER_ID, "unknown");
    container_set(&c, CONTAINER_POD_UID, UID);
    runtime_files_read(&paths, &c);
    tap_ok(&tap,
           field_is(&c, CONTAINER_POD_NAME, "db-0") && field_is(&c, CONTAINER_POD_NAMESPACE, "kv"),
           "a pod by the name of its log folder");
    container_free(&c);
}

static void test_in_folder(void)
{
    char path[] = "/tmp/nstrail-inventory-XXXXXX", command[64];
    int folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY) : -1;

    if (folder < 0)
        abort();
    test_files(folder);
    test_logs(folder, path);
    close(folder);
    snprintf(command, sizeof(command), "rm -rf %s", path);
    if (system(command))
        abort();
}

int main(void)
{
    test_stat();
    test_status();
    test_cgroup_file();
    test_mounts();
    test_identities();
    test_hostile_identities();
    test_docker();
    test_bundles();
    test_storage();
    test_state();
    test_exhausting();
    test_in_folder();
    return tap_done(&tap);
}
