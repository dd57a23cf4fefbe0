/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The BPF programs: made to fit this kernel and these options, and loaded as it takes them. */
#include "config.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capture/attach_internal.h"
#include "capture/filters.h"
#include "capture/message.h"
#include "capture/object_adapt.h"
#include "capture/object_image.h"
#include "capture/stacks.h"
#include "format/error.h"

/* Being woken costs the program that does it some microseconds. */
#define WAKE_BYTES (1024 * 1024ull)

static const struct variant variants[] = {
    {ATTACH_TP_BTF, true, "tp_btf", "_typed"},
    {ATTACH_TP_BTF, false, "tp_btf", "_typed"},
    {ATTACH_RAW_TP, false, "raw_tp", "_raw"},
};

static int size_maps(struct attachment *a, const struct attach_options *options)
{
    uint32_t filters = filters_flags(options->filters);
    const struct {
        const char *name;
        uint32_t entries;
    } sizes[] = {
        {"rings", a->rings_count},
        {"chunks", a->rings_count * attach_chunks(a)},
        {"doorbell", sysconf(_SC_PAGESIZE)},
        {"cpus", a->cpus},
        {"counters", a->cpus * a->probes->count},
        {"devices", a->cpus * EV_DEVICE_SETS},
        {"namespaces", a->cpus * EV_NETNS_SETS},
        {"tasks", a->cpus * EV_TASK_SETS},
        {"passed", a->cpus * EV_PASSED_SETS},
        {"track_sets", a->tracks_max / EV_TRACK_WAYS},
        {"tracks", a->tracks_max},
        {"stacks", probes_have_stacks(a->probes) ? STACKS_MAX : 1},
        {"windows", filters & EV_FILTER_PACKET ? a->cpus * EV_SCRATCH_LEVELS : 1},
        {"filter_netns", filters & EV_FILTER_NETNS ? EV_FILTER_MAX : 1},
        {"filter_devices", filters & EV_FILTER_DEVICE ? EV_FILTER_MAX : 1},
        {"filter_reasons", filters & EV_FILTER_REASON ? EV_FILTER_MAX : 1},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bpf_map *map = attach_map(a, sizes[i].name);
        int error = map ? bpf_map__set_max_entries(map, sizes[i].entries) : -ENOENT;

        if (error)
            return error;
    }
    return bpf_map__set_value_size(attach_map(a, "chunks"), a->shape.stride_bytes);
}

static uint32_t recorded_bits(const struct probes *probes)
{
    uint32_t bits = 0;

    for (int i = 0; i < EV_PROBE_OTHER; i++)
        bits |= (uint32_t)probes->list[i].recorded << i;
    return bits;
}

static uint32_t stacked_bits(const struct probes *probes)
{
    uint32_t bits = 0;

    for (int i = 0; i < EV_PROBE_OTHER; i++)
        bits |= (uint32_t)probes->list[i].stack << i;
    return bits;
}

static int configure(struct attachment *a, const struct attach_options *options,
                     const struct kernel_facts *facts)
{
    size_t bytes = 0;
    struct bpf_map *map = attach_map(a, ".rodata.config");
    struct ev_config config = {
        .base_ts_ns = options->base_ts_ns,
        .ring_key = a->shape.key,
        .ring_bytes = a->shape.size_bytes,
        .chunk_bytes = a->shape.chunk_bytes,
        .chunk_shift = attach_bits_for(a->shape.chunk_bytes),
        .chunks = attach_chunks(a),
        .has_cmpxchg = facts->cmpxchg,
        .stores_in_order = STORES_IN_ORDER,
        .cpus = a->cpus,
        .cpu_bits = attach_cpu_bits(a),
        .snaplen = options->snaplen,
        .wake_bytes = a->shape.size_bytes / 4 < WAKE_BYTES ? a->shape.size_bytes / 4 : WAKE_BYTES,
        .kfree_has_reason = facts->kfree_has_reason,
        .kfree_has_sock = facts->kfree_has_sock,
        .reason_consumed = facts->reason_consumed,
        .has_dynptr = a->variant->dynptr,
        .tracking = 1,
        .track_sets = a->tracks_max / EV_TRACK_WAYS,
        .filters = filters_flags(options->filters),
        .window_bytes = filters_window_bytes(options->filters),
        .recorded = recorded_bits(a->probes),
        .extras = stacked_bits(a->probes) | (options->skb ? EV_EXTRA_SKB : 0),
        .probes = a->probes->count,
        .has_cookie = facts->attach_cookie,
        .exact = a->exact != NULL,
    };

    if (!map || !bpf_map__initial_value(map, &bytes) || bytes < sizeof(config))
        return -EINVAL;
    return bpf_map__set_initial_value(map, &config, bytes);
}

/* Where tracking is exact, nothing is to be learnt from what nobody wants to see. */
static bool is_wanted(const struct attachment *a, uint32_t probe)
{
    return !a->exact || a->probes->list[probe].recorded || probe == EV_PROBE_RECEIVE ||
           probe == EV_PROBE_XMIT;
}

/* Keeps the variant's programs of the probes that this kernel has. */
static int choose_programs(struct attachment *a, const struct kernel_facts *facts)
{
    struct bpf_program *program;

    bpf_object__for_each_program(program, a->object) bpf_program__set_autoload(program, false);
    for (int i = 0; i < EV_PROBE_OTHER; i++) {
        char name[64];

        a->programs[i] = NULL;
        if (!facts->tracepoint[i] || !is_wanted(a, i))
            continue;
        snprintf(name, sizeof(name), "%s%s", fixed_probes[i].program, a->variant->suffix);
        a->programs[i] = bpf_object__find_program_by_name(a->object, name);
        if (!a->programs[i])
            return -ENOENT;
        bpf_program__set_autoload(a->programs[i], true);
    }
    return 0;
}

static int adapt_programs(const struct attachment *a, const struct attach_options *options,
                          const struct kernel_facts *facts)
{
    bool filter = filters_flags(options->filters) & EV_FILTER_PACKET;
    struct bpf_program *program;
    int error = 0;

    bpf_object__for_each_program(program, a->object) if (!error && bpf_program__autoload(program))
        error = object_adapt_program(program, facts->cmpxchg, filter);
    return error;
}

static int open_object(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts)
{
    struct object_image image;
    size_t length;
    const void *bytes = filters_object(options->filters, &length);
    int error = object_image_init(&image, bytes, length, NULL);

    if (!error)
        error = object_adapt_image(&image, facts->cmpxchg, a->variant->dynptr ? facts->dynptr : 0);
    if (!error) {
        a->object = bpf_object__open_mem(image.bytes, image.length, NULL);
        error = a->object ? 0 : -errno;
    }
    object_image_free(&image);
    return error;
}

static int load_variant(struct attachment *a, const struct attach_options *options,
                        const struct kernel_facts *facts)
{
    struct bpf_object *object;
    int error = open_object(a, options, facts);

    if (error)
        return error;
    object = a->object;
    error = choose_programs(a, facts);
    if (!error)
        error = other_probes_prepare(object, a->probes, facts, a->variant->mode == ATTACH_TP_BTF);
    if (!error)
        error = exact_prepare(a->exact, object);
    if (!error)
        error = adapt_programs(a, options, facts);
    if (!error)
        error = size_maps(a, options);
    if (!error)
        error = configure(a, options, facts);
    if (!error)
        error = bpf_object__load(object);
    if (error) {
        bpf_object__close(object);
        a->object = NULL;
    }
    return error;
}

/* Until 5.11 (80ee81e0403c) BPF maps count as locked memory. libbpf lifts that limit where
 * it may. */
static bool memory_is_limited(unsigned long long *limit_kib)
{
    struct rlimit limit;
    int fd;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur >= UINT32_MAX / 2)
        return false;
    *limit_kib = limit.rlim_cur / 1024;
    fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), 4096,
                        (uint32_t)(limit.rlim_cur / 4096) + 1, NULL);
    if (fd >= 0)
        close(fd);
    return fd == -EPERM;
}

/* Tries what the mode allows, the best first. What comes after that costs more, or reads less. */
int attach_load_programs(struct attachment *a, const struct attach_options *options,
                         const struct kernel_facts *facts, struct nst_error *err)
{
    unsigned long long limit_kib;
    int refused = 0;
    int error = templates_begin(&a->templates);

    if (error)
        return nst_fail(err, error, "libbpf takes no templates: %s", strerror(-error));
    error = -EOPNOTSUPP;
    for (size_t i = 0; error && i < sizeof(variants) / sizeof(variants[0]); i++) {
        a->variant = &variants[i];
        if (options->mode != ATTACH_AUTO && options->mode != a->variant->mode)
            continue;
        if (a->variant->dynptr && !facts->dynptr)
            continue;
        error = load_variant(a, options, facts);
        refused = refused ? refused : error;
    }
    if (error == -EPERM && memory_is_limited(&limit_kib))
        return nst_fail(err, error,
                        "this kernel takes the rings for locked memory, of which this process may "
                        "have %llu KiB: it takes CAP_SYS_RESOURCE (or ulimit -l unlimited)",
                        limit_kib);
    if (error)
        return nst_fail(err, error, "the kernel does not take the BPF programs (-v tells why): %s",
                        strerror(-error));
    if (refused)
        message_note("the kernel does not take the best of the BPF programs (-v tells why): %s",
                     strerror(-refused));
    return 0;
}
