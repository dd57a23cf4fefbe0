/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The probes beyond those of enum ev_probe: what their programs need of the BPF object, and
 * attaching them. */
#ifndef NST_CAPTURE_OTHER_PROBES_H
#define NST_CAPTURE_OTHER_PROBES_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/kernel_facts.h"
#include "capture/probes.h"
#include "capture/program_copies.h"
#include "capture/symbols.h"
#include "format/nstrail.h"

struct other_probes;

/* Before the object is loaded: chooses its programs and sizes its maps. typed: the fixed
 * programs are tp_btf's. */
int other_probes_prepare(struct bpf_object *object, const struct probes *probes,
                         const struct kernel_facts *facts, bool typed);

struct other_probes_options {
    struct bpf_object *object;         /* loaded */
    const struct templates *templates; /* of it; outlive these probes */
    struct probes *probes;             /* each .error is set */
    struct symbols *symbols;           /* for kprobes */
    const struct kernel_facts *facts;
    bool typed;
    bool dynptr;
    void (*progress)(uint32_t done, uint32_t all); /* may be NULL */
};

/* What cannot be loaded or attached is marked as such in its probe, and is no failure. */
int other_probes_load(struct other_probes **other, const struct other_probes_options *options,
                      struct nst_error *err);
int other_probes_attach(struct other_probes *other, struct nst_error *err);
void other_probes_detach(struct other_probes *other);
/* Detaches them too. */
void other_probes_free(struct other_probes *other);

/* A descriptor of the program that is the probe's own; -1: it shares one. */
int other_probes_program(const struct other_probes *other, uint32_t probe);

/* As kprobes_missed(). Only while attached. */
void other_probes_missed(const struct other_probes *other, uint64_t *missed, uint64_t *shared);

#endif
