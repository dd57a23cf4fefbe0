/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/array.h"

#include <stdlib.h>

enum { ROOM_AT_FIRST = 16 };

void *nst_array_room(void *list, size_t count, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : ROOM_AT_FIRST;

    if (count < *room)
        return list;
    list = reallocarray(list, more, size);
    if (list)
        *room = more;
    return list;
}
