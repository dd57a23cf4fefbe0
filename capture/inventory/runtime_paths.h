/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where container runtimes keep what they know. */
#ifndef NST_CAPTURE_INVENTORY_RUNTIME_PATHS_H
#define NST_CAPTURE_INVENTORY_RUNTIME_PATHS_H

#include "format/nstrail.h"

enum runtime_source {
    SOURCE_DOCKER,     /* its root: containers/ID/config.v2.json */
    SOURCE_CONTAINERD, /* its state: io.containerd.runtime.v2.task/NAMESPACE/ID/config.json */
    SOURCE_STORAGE,    /* of podman, CRI-O: overlay-containers/containers.json, ID/userdata */
    SOURCE_RUNC,       /* ID/state.json */
    SOURCE_CRUN,       /* ID/status */
    SOURCE_MACHINES,   /* systemd's: NAME */
    SOURCE_PODS,       /* the kubelet's logs: NAMESPACE_NAME_UID/CONTAINER */
    SOURCE_LOGS,       /* links to them: NAME_NAMESPACE_CONTAINER-ID.log */
    SOURCES,
};

/* Folders, colons between; "": none. Strings are the caller's. */
struct runtime_paths {
    const char *folders[SOURCES];
};

void runtime_paths_default(struct runtime_paths *paths);

/* "SOURCE=FOLDER[:FOLDER]...", as --inventory-path has it; the text is kept. */
int runtime_paths_set(struct runtime_paths *paths, const char *text, struct nst_error *err);

#endif
