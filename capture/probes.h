/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes of a recording, by their numbers in records and counters. Those of enum ev_probe
 * come first and are always there: tracking needs them, whether they are recorded or not.
 */
#ifndef NST_CAPTURE_PROBES_H
#define NST_CAPTURE_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "format/nstrail.h"

/* A probe with a program of its own. */
struct fixed_probe {
    const char *symbol;     /* as users call it: "group:name" */
    const char *tracepoint; /* its name in BTF */
    const char *program;    /* in the BPF object, before _typed or _raw */
    bool needed;            /* a kernel without it is refused */
};

extern const struct fixed_probe fixed_probes[EV_PROBE_OTHER];

struct probe {
    uint32_t kind; /* enum nst_probe_kind */
    char *symbol;  /* as users call it: "group:name", or a function */
    bool recorded; /* else it is there for tracking alone */
    bool stack;    /* its events have a stack trace */
    /* Of those after enum ev_probe's: */
    uint64_t place;  /* enum ev_place, with the probe's number */
    uint32_t btf_id; /* what tp_btf and fentry attach to; 0: nothing */
    int error;       /* why it is not attached, negative; 0: it is */
};

struct probes {
    struct probe *list;
    uint32_t count;
};

/* Those of enum ev_probe, none of them recorded. <0: no memory. */
int probes_init(struct probes *probes, struct nst_error *err);
void probes_free(struct probes *probes);

/* Records this one too; what is there already only gets its stack. Takes over the symbol, also
 * when it fails: -ENOMEM, -E2BIG. */
int probes_add(struct probes *probes, const struct probe *probe);
/* Stack traces with all that are recorded. */
void probes_add_stacks(struct probes *probes);
bool probes_have_stacks(const struct probes *probes);
/* Also such as see a function return. */
bool probes_have_kprobes(const struct probes *probes);

/* Its name within its group, or the function. */
const char *probe_name(const struct probe *probe);

/* Records what is recorded unless something else is asked for. */
void probes_choose_default(struct probes *probes);

#endif
