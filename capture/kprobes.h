/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts the shared programs of kprobes on functions: on all of them at once where the kernel has
 * kprobe.multi, else one by one. */
#ifndef NST_CAPTURE_KPROBES_H
#define NST_CAPTURE_KPROBES_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/probes.h"
#include "capture/symbols.h"
#include "format/nstrail.h"

struct kprobes_options {
    struct bpf_object *object; /* loaded */
    struct probes *probes;     /* each .error is set */
    struct symbols *symbols;
    bool multi;  /* this kernel has kprobe.multi... */
    bool cookie; /* ...and bpf_get_attach_cookie() */
    /* Called now and then: so many of all are done. May be NULL. */
    void (*progress)(uint32_t done, uint32_t all);
};

struct kprobes;

/* How many descriptors those of the probes that are kprobes take at most. symbols may be NULL where
 * none are. */
uint64_t kprobes_descriptors(const struct probes *probes, struct symbols *symbols);

/* What cannot be attached is marked as such in its probe, and is no failure. */
int kprobes_attach(struct kprobes **kprobes, const struct kprobes_options *options,
                   struct nst_error *err);
void kprobes_detach(struct kprobes *kprobes);

/* Adds how often the kernel passed over a probe, because its CPU was busy with another or too many
 * calls were under way to their returns: to missed, by probe, or to *shared, of those that only the
 * kernel tells apart. Asks the kernel once for each probe. kprobes may be NULL. */
void kprobes_missed(const struct kprobes *kprobes, uint64_t *missed, uint64_t *shared);

#endif
