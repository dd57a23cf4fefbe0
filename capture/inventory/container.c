/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/container.h"

#include <stdlib.h>
#include <string.h>

#include "format/nstrail.h"

void container_free(struct container *container)
{
    for (int i = 0; i < CONTAINER_FIELDS; i++)
        free(container->field[i]);
    *container = (struct container){0};
}

void container_set_part(struct container *container, enum container_field field, const char *value,
                        size_t len)
{
    if (!container->field[field] && value && len > 0 && len <= NST_MAX_TEXT)
        container->field[field] = strndup(value, len);
}

void container_set(struct container *container, enum container_field field, const char *value)
{
    container_set_part(container, field, value, value ? strlen(value) : 0);
}
