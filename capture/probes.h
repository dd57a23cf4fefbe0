/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The probes that the recorder knows, by enum ev_probe. */
#ifndef NST_CAPTURE_PROBES_H
#define NST_CAPTURE_PROBES_H

#include <stdbool.h>

#include "bpf/event.h"

struct probe {
    const char *symbol;     /* as users call it: "group:name" */
    const char *tracepoint; /* its name in BTF */
    const char *program;    /* in the BPF object, before _typed or _raw */
    bool needed;            /* a kernel without it is refused */
};

extern const struct probe probes[EV_PROBES];

#endif
