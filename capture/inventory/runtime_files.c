/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/runtime_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/inventory/cgroup_id.h"
#include "capture/inventory/container_json.h"
#include "capture/inventory/file_at.h"

/* Those of one container have some kilobytes; containers.json has all of a host's. */
#define FILE_MAX    (1u << 20)
#define STORAGE_MAX (16u << 20)
/* Entries of a folder that are looked at. */
#define ENTRIES_MAX 65536
#define PATH_ROOM   1024

bool runtime_files_folders(const struct runtime_paths *paths, enum runtime_source source,
                           bool (*take)(void *context, int folder), void *context)
{
    const char *next = paths->folders[source];
    bool done = false;

    while (!done && *next) {
        size_t len = strcspn(next, ":");
        char path[PATH_MAX];
        int folder = -1;

        if (len > 0 && len < sizeof(path)) {
            memcpy(path, next, len);
            path[len] = '\0';
            folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        }
        if (folder >= 0) {
            done = take(context, folder);
            close(folder);
        }
        next += len + (next[len] == ':');
    }
    return done;
}

/* Each name in a folder, until one is the right one. */
static bool for_names(int folder, const char *below,
                      bool (*take)(struct container *container, int folder, const char *name),
                      struct container *container)
{
    int fd = *below ? file_at_folder(folder, below) : dup(folder);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool done = false;
    unsigned left = ENTRIES_MAX;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    rewinddir(dir);
    while (!done && left-- && (entry = readdir(dir)))
        if (cgroup_is_file_name(entry->d_name))
            done = take(container, dirfd(dir), entry->d_name);
    closedir(dir);
    return done;
}

static const char *id_of(const struct container *container)
{
    return container->field[CONTAINER_ID];
}

static bool read_file(struct container *container, int folder, const char *path,
                      bool (*parse)(struct container *container, const char *text, size_t len))
{
    size_t len;
    char *text = file_at_load(folder, path, FILE_MAX, &len);
    bool good = text && parse(container, text, len);

    free(text);
    return good;
}

static bool in_docker(void *context, int folder)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), "containers/%s/config.v2.json", id_of(context));
    return read_file(context, folder, path, container_from_docker);
}

static bool in_task_namespace(struct container *container, int folder, const char *name)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof(path), "%s/%s/config.json", name, id_of(container));
    if (!read_file(container, folder, path, container_from_bundle))
        return false;
    container_set(container, CONTAINER_RUNTIME, strcmp(name, "moby") ? "containerd" : "docker");
    return true;
}

static bool in_containerd(void *context, int folder)
{
    return for_names(folder, "io.containerd.runtime.v2.task", in_task_namespace, context) ||
           for_names(folder, "io.containerd.runtime.v1.linux", in_task_namespace, context);
}

static bool in_list(struct container *container, int folder, const char *driver, const char *name)
{
    char path[PATH_ROOM];
    size_t len;
    char *text;
    bool found;

    snprintf(path, sizeof(path), "%s/%s", driver, name);
    text = file_at_load(folder, path, STORAGE_MAX, &len);
    found = text && container_from_storage(container, id_of(container), text, len);
    free(text);
    return found;
}

/* "overlay-containers", and so for the other drivers. */
static bool in_driver(struct container *container, int folder, const char *name)
{
    static const char suffix[] = "-containers";
    size_t len = strlen(name);
    char path[PATH_ROOM];

    if (len < strlen(suffix) || strcmp(name + len - strlen(suffix), suffix) != 0)
        return false;
    snprintf(path, sizeof(path), "%s/%s/userdata/config.json", name, id_of(container));
    read_file(container, folder, path, container_from_bundle);
    if (!in_list(container, folder, name, "containers.json"))
        in_list(container, folder, name, "volatile-containers.json");
    return false;
}

/* Some of it is in the one place, some in the other. */
static bool in_storage(void *context, int folder)
{
    for_names(folder, "", in_driver, context);
    return false;
}

/* KEY=VALUE lines, as systemd-machined writes them for itself. Virtual machines are in the same
 * slice, if whoever runs them registers them. */
static bool in_machines(void *context, int folder)
{
    static const char key[] = "\nROOT=", machine[] = "\nCLASS=vm\n";
    struct container *container = context;
    char text[4096];
    const char *root;

    if (file_at_read(folder, id_of(container), text, sizeof(text)) < 0)
        return false;
    container->virtual_machine = strstr(text, machine) != NULL;
    container_set(container, CONTAINER_NAME, id_of(container));
    root = strstr(text, key);
    if (root)
        container_set_part(container, CONTAINER_IMAGE, root + strlen(key),
                           strcspn(root + strlen(key), "\n"));
    return true;
}

/* POD_NAMESPACE_CONTAINER-ID.log: names of pods and namespaces have no underscore. */
static bool is_log(struct container *container, int folder, const char *name)
{
    const char *id = id_of(container), *first = strchr(name, '_'), *second, *last;

    (void)folder;
    second = first ? strchr(first + 1, '_') : NULL;
    last = second ? strrchr(second, '-') : NULL;
    if (!last || strncmp(last + 1, id, strlen(id)) != 0 ||
        strcmp(last + 1 + strlen(id), ".log") != 0)
        return false;
    container_set_part(container, CONTAINER_POD_NAME, name, (size_t)(first - name));
    container_set_part(container, CONTAINER_POD_NAMESPACE, first + 1, (size_t)(second - first - 1));
    container_set_part(container, CONTAINER_POD_CONTAINER, second + 1, (size_t)(last - second - 1));
    return true;
}

static bool in_logs(void *context, int folder)
{
    return for_names(folder, "", is_log, context);
}

/* NAMESPACE_POD_UID */
static bool is_pod(struct container *container, int folder, const char *name)
{
    const char *uid = container->field[CONTAINER_POD_UID];
    const char *first = strchr(name, '_'), *last = strrchr(name, '_');

    (void)folder;
    if (!first || last == first || strcmp(last + 1, uid) != 0)
        return false;
    container_set_part(container, CONTAINER_POD_NAMESPACE, name, (size_t)(first - name));
    container_set_part(container, CONTAINER_POD_NAME, first + 1, (size_t)(last - first - 1));
    return true;
}

static bool in_pods(void *context, int folder)
{
    return for_names(folder, "", is_pod, context);
}

static bool lacks_pod(const struct container *container)
{
    return !container->field[CONTAINER_POD_NAME] || !container->field[CONTAINER_POD_NAMESPACE];
}

static bool is_runtime(const struct container *container, const char *name)
{
    const char *runtime = container->field[CONTAINER_RUNTIME];

    return runtime && !strcmp(runtime, name);
}

void runtime_files_read(const struct runtime_paths *paths, struct container *container)
{
    if (is_runtime(container, "nspawn")) {
        runtime_files_folders(paths, SOURCE_MACHINES, in_machines, container);
        container_set(container, CONTAINER_NAME, id_of(container));
        return;
    }
    if (is_runtime(container, "lxc")) {
        container_set(container, CONTAINER_NAME, id_of(container));
        return;
    }
    runtime_files_folders(paths, SOURCE_DOCKER, in_docker, container);
    runtime_files_folders(paths, SOURCE_CONTAINERD, in_containerd, container);
    runtime_files_folders(paths, SOURCE_STORAGE, in_storage, container);
    if (container->field[CONTAINER_POD_UID] && lacks_pod(container)) {
        runtime_files_folders(paths, SOURCE_LOGS, in_logs, container);
        runtime_files_folders(paths, SOURCE_PODS, in_pods, container);
    }
}
