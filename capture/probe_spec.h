/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A probe as users name it: [TYPE:][GROUP:]NAME[/stack], with wildcards. */
#ifndef NST_CAPTURE_PROBE_SPEC_H
#define NST_CAPTURE_PROBE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "format/nstrail.h"

struct probe_spec {
    uint32_t kind;  /* enum nst_probe_kind */
    char group[64]; /* of tracepoints, a pattern; of functions "" */
    char name[128]; /* a pattern */
    bool stack;
};

/* -EINVAL: it is none. */
int probe_spec_parse(struct probe_spec *spec, const char *text, struct nst_error *err);

/* "kprobe:", "" for a tracepoint: what stands before its symbol for users. */
const char *probe_kind_prefix(uint32_t kind);

#endif
