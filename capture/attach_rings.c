/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rings: how many and how large they are, and which CPU has which. */
#include "config.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "capture/attach_internal.h"
#include "capture/cpus.h"
#include "format/error.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

/* Unless -B says otherwise: so much for a CPU, and not more for all. */
#define RING_BYTES_CPU (32 * MIB)
#define RING_BYTES_ALL (256 * MIB)
/* A ring holds several records of the longest packets. */
#define RING_BYTES_MIN (256 * KIB)
/* A chunk of a ring; longer ones than 4 MiB older kernels refuse. */
#define CHUNK_BYTES (1 * MIB)

static int find_cpus(struct attachment *a, struct nst_error *err)
{
    int count = libbpf_num_possible_cpus();

    if (count < 0)
        return nst_fail(err, count, "cannot count the CPUs: %s", strerror(-count));
    a->cpus = count;
    a->online = calloc(count, 1);
    return a->online ? 0 : nst_fail(err, -ENOMEM, "no memory for %d CPUs", count);
}

static uint64_t power_of_two_below(uint64_t value)
{
    return value ? 1ull << (63 - __builtin_clzll(value)) : 0;
}

static uint64_t choose_ring_bytes(uint64_t ring_kib, uint32_t rings)
{
    uint64_t all = ring_kib ? ring_kib * KIB : RING_BYTES_ALL;
    uint64_t each = power_of_two_below(all / rings);

    if (!ring_kib && each > RING_BYTES_CPU)
        each = RING_BYTES_CPU;
    return each < RING_BYTES_MIN ? RING_BYTES_MIN : each;
}

/* Rings are shared where programs can compare and exchange. */
static uint32_t count_rings(struct attachment *a, const struct kernel_facts *facts)
{
    if (facts->cmpxchg)
        return cpus_online(a->online, a->cpus);
    memset(a->online, 1, a->cpus);
    return a->cpus;
}

int attach_shape_rings(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts, struct nst_error *err)
{
    struct ring_shape *shape = &a->shape;
    int error = find_cpus(a, err);

    if (error)
        return error;
    if (!facts->cmpxchg && !STORES_IN_ORDER)
        return nst_fail(err, -EOPNOTSUPP, "recording on this processor needs Linux 5.12 or later");
    a->rings_count = count_rings(a, facts);
    a->rings = calloc(a->rings_count, sizeof(*a->rings));
    if (!a->rings)
        return nst_fail(err, -ENOMEM, "no memory for %u rings", a->rings_count);
    shape->size_bytes = choose_ring_bytes(options->ring_kib, a->rings_count);
    shape->chunk_bytes = shape->size_bytes < CHUNK_BYTES ? shape->size_bytes : CHUNK_BYTES;
    shape->stride_bytes = shape->chunk_bytes + (ev_record_max(options->snaplen) + 7) / 8 * 8;
    while (!shape->key)
        if (getrandom(&shape->key, sizeof(shape->key), 0) != sizeof(shape->key))
            return nst_fail(err, -errno, "no random numbers: %s", strerror(errno));
    return 0;
}

/* An online CPU gets a ring of its own; one that comes later shares another's. */
int attach_deal_rings(struct attachment *a, struct nst_error *err)
{
    size_t ring_bytes = attach_chunks(a) * a->shape.stride_bytes;
    int map = bpf_map__fd(attach_map(a, "cpus"));
    uint32_t own = 0;

    for (uint32_t i = 0; i < a->rings_count; i++)
        ring_init(&a->rings[i], &a->shape, (struct ev_ring *)a->ring_states.pages + i,
                  (const uint8_t *)a->chunks.pages + i * ring_bytes);
    for (uint32_t cpu = 0; cpu < a->cpus; cpu++) {
        struct ev_cpu state = {.ring = a->online[cpu] ? own++ : cpu % a->rings_count};

        if (bpf_map_update_elem(map, &cpu, &state, BPF_ANY))
            return nst_fail(err, -errno, "cannot give CPU %u its ring: %s", cpu, strerror(errno));
    }
    return 0;
}
