/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Exact tracking: kprobes at the kernel functions that free packet data or move it, for
 * bpf/exact.bpf.h. Without them tracking guesses from what the packets do.
 */
#ifndef NST_CAPTURE_EXACT_H
#define NST_CAPTURE_EXACT_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "format/nstrail.h"

struct exact;

/* Puts a kprobe at each of them; no program runs yet. -EOPNOTSUPP, with the reason: this kernel has
 * no kprobes, or not all of the functions that it takes; -EPERM and its like: we may not have them.
 */
int exact_open(struct exact **exact, struct nst_error *err);
/* Before the object is loaded: chooses its programs and sizes its maps. exact may be NULL, as for
 * all that follow. */
int exact_prepare(const struct exact *exact, struct bpf_object *object);
/* Once it is loaded: from here on they run. */
int exact_attach(struct exact *exact, const struct bpf_object *object, struct nst_error *err);
void exact_detach(struct exact *exact);
/* Detaches them too. */
void exact_free(struct exact *exact);

/* How often the kernel passed over a kprobe, or its program. false: this kernel does not tell. Only
 * while attached. */
bool exact_missed(const struct exact *exact, uint64_t *missed);

#endif
