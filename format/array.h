/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arrays that grow. Internal. */
#ifndef NST_FORMAT_ARRAY_H
#define NST_FORMAT_ARRAY_H

#include <stddef.h>

/* The array with room for one more than count entries of so many bytes; *room says for how many it
 * has. It may have moved. NULL: no memory, and it is as it was. */
void *nst_array_room(void *list, size_t count, size_t *room, size_t size);

#endif
