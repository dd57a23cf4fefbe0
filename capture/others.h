/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The probes beyond those of enum ev_probe: what their programs need of the BPF object, and
 * attaching them. */
#ifndef NST_CAPTURE_OTHERS_H
#define NST_CAPTURE_OTHERS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/copies.h"
#include "capture/kernel_facts.h"
#include "capture/probes.h"
#include "capture/symbols.h"
#include "format/nstrail.h"

struct others;

/* Before the object is loaded: chooses its programs and sizes its maps. typed: the fixed
 * programs are tp_btf's. */
int others_prepare(struct bpf_object *object, const struct probes *probes,
                   const struct kernel_facts *facts, bool typed);

struct others_options {
    struct bpf_object *object; /* loaded */
    const struct templates *templates; /* of it; outlive the others */
    struct probes *probes;     /* each .error is set */
    struct symbols *symbols;   /* for kprobes */
    const struct kernel_facts *facts;
    bool typed;
    bool dynptr;
    void (*progress)(uint32_t done, uint32_t all); /* may be NULL */
};

/* What cannot be loaded or attached is marked as such in its probe, and is no failure. */
int others_load(struct others **others, const struct others_options *options,
                struct nst_error *err);
int others_attach(struct others *others, struct nst_error *err);
void others_detach(struct others *others);
/* Detaches them too. */
void others_free(struct others *others);

/* A descriptor of the program that is the probe's own; -1: it shares one. */
int others_program(const struct others *others, uint32_t probe);

/* As kprobes_missed(). Only while attached. */
void others_missed(const struct others *others, uint64_t *missed, uint64_t *shared);

#endif
