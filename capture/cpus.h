/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The host's CPUs. */
#ifndef NST_CAPTURE_CPUS_H
#define NST_CAPTURE_CPUS_H

#include <stddef.h>
#include <stdint.h>

/* Which of the CPUs below count are online, from the kernel's list ("0-3,8"): sets 1 or 0 for
 * each, returns how many are. A list that cannot be read means all. */
uint32_t cpus_parse_list(const char *list, uint8_t *online, uint32_t count);
uint32_t cpus_online(uint8_t *online, uint32_t count);

#endif
