/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of container runtimes say, as JSON. They were written by others, some of it by
 * whoever made the container: any field may be missing, of another type, or lie.
 */
#ifndef NST_CAPTURE_INVENTORY_CONTAINER_JSON_H
#define NST_CAPTURE_INVENTORY_CONTAINER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/inventory/container.h"

/* Docker's ROOT/containers/ID/config.v2.json. Pure, like all of these. False: it is no such
 * file. */
bool container_from_docker(struct container *container, const char *text, size_t len);

/* The config.json of an OCI bundle: the annotations that containerd's CRI plugin, CRI-O, nerdctl
 * and podman put there. */
bool container_from_bundle(struct container *container, const char *text, size_t len);

/* The containers.json of containers/storage: the entry of one container. */
bool container_from_storage(struct container *container, const char *id, const char *text,
                            size_t len);

/* The state.json of runc, or the status of crun. */
struct container_state {
    uint32_t pid;         /* of its init */
    uint64_t start_ticks; /* as in struct proc_stat; 0: it does not say */
    char *cgroups;        /* their paths, one a line, which the caller frees; NULL: none */
};

/* Its annotations as well. False: *state has nothing. */
bool container_from_state(struct container *container, struct container_state *state,
                          const char *text, size_t len);

#endif
