/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What loading the programs, dealing their rings and attaching them share. */
#ifndef NST_CAPTURE_ATTACH_INTERNAL_H
#define NST_CAPTURE_ATTACH_INTERNAL_H

#include <bpf/libbpf.h>

#include "capture/attach.h"
#include "capture/exact.h"
#include "capture/other_probes.h"
#include "capture/program_copies.h"

/* Whether other CPUs see a CPU's stores in their order. */
#if defined(__x86_64__) || defined(__i386__)
#define STORES_IN_ORDER 1
#else
#define STORES_IN_ORDER 0
#endif

/* One of the ways to load and attach the programs, of which a kernel may refuse some. */
struct variant {
    enum attach_mode mode;
    bool dynptr;        /* with bpf_dynptr_from_skb(), for bytes outside of the linear part */
    const char *name;   /* as people are told it */
    const char *suffix; /* of its programs' names */
};

/* An array map of the programs, mapped into our memory. */
struct mapped {
    void *pages;
    size_t bytes;
};

struct attachment {
    const struct variant *variant;
    struct probes *probes;
    struct other_probes *other_probes;
    struct exact *exact; /* NULL: tracking guesses */
    const struct kernel_facts *facts;
    struct bpf_object *object;
    struct templates templates; /* of it */
    struct bpf_program *programs[EV_PROBE_OTHER]; /* NULL: this kernel lacks the tracepoint */
    struct bpf_link *links[EV_PROBE_OTHER];
    struct ring *rings;
    uint32_t rings_count;
    struct ring_shape shape; /* of each */
    struct doorbell doorbell;
    uint32_t cpus;
    uint8_t *online; /* by CPU */
    struct mapped counters, cpu_states, ring_states, chunks, track_sets, tracks;
    uint32_t tracks_max;
};

/* How many bits it takes to number so many things from 0 on. */
static inline uint32_t attach_bits_for(uint32_t count)
{
    return count > 1 ? 32 - __builtin_clz(count - 1) : 0;
}

static inline struct bpf_map *attach_map(const struct attachment *a, const char *name)
{
    return bpf_object__find_map_by_name(a->object, name);
}

/* How many chunks a ring has. */
static inline uint32_t attach_chunks(const struct attachment *a)
{
    return a->shape.size_bytes / a->shape.chunk_bytes;
}

/* Finds the CPUs, and chooses how many rings they get and how large those are. */
int attach_shape_rings(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts, struct nst_error *err);
/* Once their maps are in our memory. */
int attach_deal_rings(struct attachment *a, struct nst_error *err);

/* Sets a->variant and a->object: the best that the mode allows and the kernel takes. */
int attach_load_programs(struct attachment *a, const struct attach_options *options,
                         const struct kernel_facts *facts, struct nst_error *err);

#endif
