/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which group a tracepoint belongs to: BTF does not say. From tracefs where it is mounted, else
 * from what we know of the networking groups. */
#ifndef NST_CAPTURE_GROUPS_H
#define NST_CAPTURE_GROUPS_H

#include <stdbool.h>

struct groups;

/* NULL: no memory. */
struct groups *groups_read(void);
void groups_free(struct groups *groups);

bool groups_from_tracefs(const struct groups *groups);
/* NULL: unknown. Lives as long as groups. */
const char *groups_find(const struct groups *groups, const char *tracepoint);

#endif
