/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names that the running kernel, and its modules, give to drop reasons; from BTF. */
#ifndef NST_CAPTURE_DROP_REASONS_H
#define NST_CAPTURE_DROP_REASONS_H

#include <stdbool.h>
#include <stdint.h>

#include "format/nstrail.h"

struct btf;
struct drop_reasons;

/* kernel: the kernel's BTF. No names at all is no failure: before 5.17 there are none. NULL: no
 * memory. */
struct drop_reasons *drop_reasons_new(const struct btf *kernel);
void drop_reasons_free(struct drop_reasons *reasons);

bool drop_reasons_known(const struct drop_reasons *reasons);
/* *reason gets the number and what is known of it, "unknown" for its name where the kernel has no
 * reasons; its strings live as long as reasons. */
void drop_reasons_find(const struct drop_reasons *reasons, uint32_t number,
                       struct nst_drop_reason *reason);

/* The numbers of the reasons that a pattern means, such as NO_SOCKET, TCP_* or openvswitch/..., as
 * in nstrail's --drop; at most `room`. How many; <0: none, and *err says what there is. */
int drop_reasons_match(const struct drop_reasons *reasons, const char *pattern, uint32_t *numbers,
                       size_t room, struct nst_error *err);

#endif
