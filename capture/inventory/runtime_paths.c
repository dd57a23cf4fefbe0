/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/runtime_paths.h"

#include <errno.h>
#include <string.h>

#include "format/error.h"

static const struct {
    const char *name;
    const char *folders;
} sources[SOURCES] = {
    [SOURCE_DOCKER] = {"docker", "/var/lib/docker"},
    [SOURCE_CONTAINERD] = {"containerd", "/run/containerd:/run/docker/containerd/daemon:"
                                         "/run/k3s/containerd:"
                                         "/var/snap/microk8s/common/run/containerd"},
    [SOURCE_STORAGE] = {"storage", "/var/lib/containers/storage:/run/containers/storage"},
    [SOURCE_RUNC] = {"runc", "/run/runc:/run/containerd/runc/default"},
    [SOURCE_CRUN] = {"crun", "/run/crun"},
    [SOURCE_MACHINES] = {"machines", "/run/systemd/machines"},
    [SOURCE_PODS] = {"pods", "/var/log/pods"},
    [SOURCE_LOGS] = {"logs", "/var/log/containers"},
};

void runtime_paths_default(struct runtime_paths *paths)
{
    for (int i = 0; i < SOURCES; i++)
        paths->folders[i] = sources[i].folders;
}

int runtime_paths_set(struct runtime_paths *paths, const char *text, struct nst_error *err)
{
    const char *equals = strchr(text, '=');

    for (int i = 0; equals && i < SOURCES; i++) {
        size_t len = strlen(sources[i].name);

        if (len == (size_t)(equals - text) && !strncmp(text, sources[i].name, len)) {
            paths->folders[i] = equals + 1;
            return 0;
        }
    }
    return nst_fail(err, -EINVAL,
                    "--inventory-path %s: must be docker, containerd, storage, runc, crun, "
                    "machines, pods or logs, then = and folders with colons between",
                    text);
}
