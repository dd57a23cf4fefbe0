/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The capabilities of this thread, a bit each, as in /proc/PID/status. */
#ifndef NST_CAPTURE_CAPABILITIES_H
#define NST_CAPTURE_CAPABILITIES_H

#include <linux/capability.h>
#include <stdint.h>

#define CAPABILITY_BIT(capability) (1ull << (capability))

struct capabilities {
    uint64_t permitted, effective;
};

int capabilities_get(struct capabilities *capabilities);
int capabilities_set(const struct capabilities *capabilities);

#endif
