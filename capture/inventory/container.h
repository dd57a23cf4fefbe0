/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is known of one container, gathered from several places. */
#ifndef NST_CAPTURE_INVENTORY_CONTAINER_H
#define NST_CAPTURE_INVENTORY_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* See struct nst_container. */
enum container_field {
    CONTAINER_RUNTIME,
    CONTAINER_ID,
    CONTAINER_NAME,
    CONTAINER_IMAGE,
    CONTAINER_POD_NAME,
    CONTAINER_POD_NAMESPACE,
    CONTAINER_POD_UID,
    CONTAINER_POD_CONTAINER,
    CONTAINER_FIELDS,
};

struct container {
    char *field[CONTAINER_FIELDS]; /* NULL: not known */
    bool virtual_machine;          /* it is none, but has a cgroup as containers have */
};

void container_free(struct container *container);

/* Sets what is not known yet; empty and NULL tell nothing. */
void container_set(struct container *container, enum container_field field, const char *value);
void container_set_part(struct container *container, enum container_field field, const char *value,
                        size_t len);

#endif
