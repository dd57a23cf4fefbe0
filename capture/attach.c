/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/cpus.h"
#include "capture/filters.h"
#include "format/error.h"

#define KIB 1024ull
#define MIB (1024 * KIB)

/* Unless -B says otherwise: so much for a CPU, and not more for all. */
#define RING_BYTES_CPU (16 * MIB)
#define RING_BYTES_ALL (256 * MIB)
/* A ring holds several records of the longest packets. */
#define RING_BYTES_MIN (256 * KIB)
#define WAKE_BYTES     (256 * KIB)

/* How many buffers tracking can know at a time: 104 bytes each. */
#define TRACKS_SMALL_HOST 65536
#define TRACKS_LARGE_HOST 262144
#define LARGE_HOST_BYTES  (8ull * 1024 * MIB)

/* A way of using the programs, as a kernel may take or refuse it. */
struct variant {
    enum attach_mode mode;
    bool dynptr;
    const char *name;
    const char *suffix; /* of its programs */
};

static const struct variant variants[] = {
    {ATTACH_TP_BTF, true, "tp_btf", "_typed"},
    {ATTACH_TP_BTF, false, "tp_btf", "_typed"},
    {ATTACH_RAW_TP, false, "raw_tp", "_raw"},
};

struct attachment {
    const struct variant *variant;
    const struct probes *probes;
    struct bpf_object *object;
    struct bpf_program *programs[EV_PROBE_OTHER]; /* NULL: this kernel lacks the tracepoint */
    struct bpf_link *links[EV_PROBE_OTHER];
    struct ring *rings;
    int *ring_fds;
    uint32_t rings_count;
    uint64_t ring_bytes; /* of each */
    uint32_t cpus;
    uint8_t *online; /* by CPU */
    void *counters, *cpu_states; /* mapped */
    size_t counters_bytes, cpu_states_bytes;
    uint32_t tracks_max;
};

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

static int make_rings(struct attachment *a, uint64_t ring_kib, struct nst_error *err)
{
    uint32_t count = cpus_online(a->online, a->cpus);

    a->ring_bytes = choose_ring_bytes(ring_kib, count);
    a->rings = calloc(count, sizeof(*a->rings));
    a->ring_fds = calloc(count, sizeof(*a->ring_fds));
    if (!a->rings || !a->ring_fds)
        return nst_fail(err, -ENOMEM, "no memory for %u rings", count);
    for (; a->rings_count < count; a->rings_count++) {
        int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "nstrail_ring", 0, 0, a->ring_bytes, NULL);

        if (fd < 0)
            return nst_fail(err, fd, "cannot make a ring of %llu KiB for each of %u CPUs: %s",
                            (unsigned long long)(a->ring_bytes / KIB), count, strerror(-fd));
        a->ring_fds[a->rings_count] = fd;
    }
    return 0;
}

static struct bpf_map *find_map(const struct attachment *a, const char *name)
{
    return bpf_object__find_map_by_name(a->object, name);
}

static int size_maps(struct attachment *a, const struct attach_options *options)
{
    uint32_t filters = filters_flags(options->filters);
    const struct {
        const char *name;
        uint32_t entries;
    } sizes[] = {
        {"rings", a->cpus},
        {"cpus", a->cpus},
        {"counters", a->cpus * a->probes->count},
        {"devices", a->cpus * EV_DEVICE_SETS},
        {"namespaces", a->cpus * EV_NETNS_SETS},
        {"tasks", a->cpus * EV_TASK_SETS},
        {"passed", a->cpus * EV_PASSED_SETS},
        {"tracks", a->tracks_max},
        {"windows", filters & EV_FILTER_PACKET ? a->cpus * EV_SCRATCH_LEVELS : 1},
        {"wished_netns", filters & EV_FILTER_NETNS ? EV_WISHES_MAX : 1},
        {"wished_devices", filters & EV_FILTER_DEVICE ? EV_WISHES_MAX : 1},
        {"wished_reasons", filters & EV_FILTER_REASON ? EV_WISHES_MAX : 1},
        {"scratch", options->snaplen > EV_INLINE_BYTES ? a->cpus * EV_SCRATCH_LEVELS : 1},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bpf_map *map = find_map(a, sizes[i].name);
        int error = map ? bpf_map__set_max_entries(map, sizes[i].entries) : -ENOENT;

        if (error)
            return error;
    }
    /* The first ring stands for all: the kernel wants to know what the map holds. */
    return bpf_map__set_inner_map_fd(find_map(a, "rings"), a->ring_fds[0]);
}

static uint32_t bits_for(uint32_t count)
{
    return count > 1 ? 32 - __builtin_clz(count - 1) : 0;
}

static uint32_t recorded_bits(const struct probes *probes)
{
    uint32_t bits = 0;

    for (int i = 0; i < EV_PROBE_OTHER; i++)
        bits |= (uint32_t)probes->list[i].recorded << i;
    return bits;
}

static int configure(struct attachment *a, const struct attach_options *options,
                     const struct kernel_facts *facts)
{
    size_t bytes = 0;
    struct bpf_map *map = find_map(a, ".rodata.config");
    struct ev_config config = {
        .base_ts_ns = options->base_ts_ns,
        .cpus = a->cpus,
        .cpu_bits = bits_for(a->cpus),
        .snaplen = options->snaplen,
        .wake_bytes = a->ring_bytes / 4 < WAKE_BYTES ? a->ring_bytes / 4 : WAKE_BYTES,
        .kfree_has_reason = facts->kfree_has_reason,
        .kfree_has_sock = facts->kfree_has_sock,
        .reason_consumed = facts->reason_consumed,
        .has_dynptr = a->variant->dynptr,
        .tracking = 1,
        .filters = filters_flags(options->filters),
        .window_bytes = filters_window_bytes(options->filters),
        .recorded = recorded_bits(a->probes),
        .probes = a->probes->count,
    };

    if (!map || !bpf_map__initial_value(map, &bytes) || bytes < sizeof(config))
        return -EINVAL;
    return bpf_map__set_initial_value(map, &config, bytes);
}

/* Keeps the variant's programs of the probes that this kernel has. */
static int choose_programs(struct attachment *a, const struct kernel_facts *facts)
{
    struct bpf_program *program;

    bpf_object__for_each_program (program, a->object)
        bpf_program__set_autoload(program, false);
    for (int i = 0; i < EV_PROBE_OTHER; i++) {
        char name[64];

        a->programs[i] = NULL;
        if (!facts->tracepoint[i])
            continue;
        snprintf(name, sizeof(name), "%s%s", fixed_probes[i].program, a->variant->suffix);
        a->programs[i] = bpf_object__find_program_by_name(a->object, name);
        if (!a->programs[i])
            return -ENOENT;
        bpf_program__set_autoload(a->programs[i], true);
    }
    return 0;
}

static int load_variant(struct attachment *a, const struct attach_options *options,
                        const struct kernel_facts *facts)
{
    size_t length;
    const void *image = filters_object(options->filters, &length);
    struct bpf_object *object = bpf_object__open_mem(image, length, NULL);
    int error;

    if (!object)
        return -errno;
    a->object = object;
    error = choose_programs(a, facts);
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

/* Tries what the mode allows, the best first. */
static int load_object(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts, struct nst_error *err)
{
    int error = -EOPNOTSUPP;

    for (size_t i = 0; error && i < sizeof(variants) / sizeof(variants[0]); i++) {
        a->variant = &variants[i];
        if (options->mode != ATTACH_AUTO && options->mode != a->variant->mode)
            continue;
        if (a->variant->dynptr && !facts->dynptr)
            continue;
        error = load_variant(a, options, facts);
    }
    if (error)
        return nst_fail(err, error, "the kernel does not take the BPF programs (-v tells why): %s",
                        strerror(-error));
    return 0;
}

static int map_array(const struct attachment *a, const char *name, size_t value_bytes,
                     void **mapped, size_t *mapped_bytes)
{
    const struct bpf_map *map = find_map(a, name);
    size_t page = sysconf(_SC_PAGESIZE);
    size_t bytes = (bpf_map__max_entries(map) * value_bytes + page - 1) / page * page;
    void *pages = mmap(NULL, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

    if (pages == MAP_FAILED)
        return -errno;
    *mapped = pages;
    *mapped_bytes = bytes;
    return 0;
}

static int map_all(struct attachment *a, struct nst_error *err)
{
    int error = map_array(a, "counters", sizeof(struct ev_counters), &a->counters,
                          &a->counters_bytes);

    if (!error)
        error = map_array(a, "cpus", sizeof(struct ev_cpu), &a->cpu_states, &a->cpu_states_bytes);
    if (error)
        return nst_fail(err, error, "cannot map the counters: %s", strerror(-error));
    for (uint32_t i = 0; i < a->rings_count; i++) {
        error = ring_open(&a->rings[i], a->ring_fds[i], a->ring_bytes, err);
        if (error)
            return error;
    }
    return 0;
}

static int begin_filters(const struct attachment *a, struct filters *filters, struct nst_error *err)
{
    const struct filters_maps maps = {
        .netns = bpf_map__fd(find_map(a, "wished_netns")),
        .devices = bpf_map__fd(find_map(a, "wished_devices")),
        .reasons = bpf_map__fd(find_map(a, "wished_reasons")),
    };

    return filters_begin(filters, &maps, err);
}

/* An online CPU gets a ring of its own; one that comes later shares another's. */
static int deal_rings(struct attachment *a, struct nst_error *err)
{
    int map = bpf_map__fd(find_map(a, "rings"));
    uint32_t own = 0;

    for (uint32_t cpu = 0; cpu < a->cpus; cpu++) {
        uint32_t ring = a->online[cpu] ? own++ : cpu % a->rings_count;

        if (bpf_map_update_elem(map, &cpu, &a->ring_fds[ring], BPF_ANY))
            return nst_fail(err, -errno, "cannot give CPU %u its ring: %s", cpu, strerror(errno));
    }
    return 0;
}

static uint32_t choose_tracks_max(void)
{
    uint64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    return pages >= LARGE_HOST_BYTES / page ? TRACKS_LARGE_HOST : TRACKS_SMALL_HOST;
}

static int find_cpus(struct attachment *a, struct nst_error *err)
{
    int count = libbpf_num_possible_cpus();

    if (count < 0)
        return nst_fail(err, count, "cannot count the CPUs: %s", strerror(-count));
    a->cpus = count;
    a->online = calloc(count, 1);
    return a->online ? 0 : nst_fail(err, -ENOMEM, "no memory for %d CPUs", count);
}

int attach_load(struct attachment **attachment, const struct attach_options *options,
                const struct kernel_facts *facts, struct nst_error *err)
{
    struct attachment *a = calloc(1, sizeof(*a));
    int error;

    if (!a)
        return nst_fail(err, -ENOMEM, "no memory");
    a->probes = options->probes;
    a->tracks_max = choose_tracks_max();
    error = find_cpus(a, err);
    if (!error)
        error = make_rings(a, options->ring_kib, err);
    if (!error)
        error = load_object(a, options, facts, err);
    if (!error)
        error = map_all(a, err);
    if (!error)
        error = deal_rings(a, err);
    if (!error)
        error = begin_filters(a, options->filters, err);
    if (error) {
        attach_free(a);
        return error;
    }
    *attachment = a;
    return 0;
}

/* What only follows packets comes before what records them, so that no freeing is missed. */
int attach_start(struct attachment *a, struct nst_error *err)
{
    for (int i = EV_PROBE_OTHER - 1; i >= 0; i--) {
        if (!a->programs[i])
            continue;
        a->links[i] = bpf_program__attach(a->programs[i]);
        if (!a->links[i]) {
            int error = -errno;

            attach_stop(a);
            return nst_fail(err, error, "cannot attach to %s: %s", fixed_probes[i].symbol,
                            strerror(-error));
        }
    }
    return 0;
}

void attach_stop(struct attachment *a)
{
    bool attached = false;

    for (int i = 0; i < EV_PROBE_OTHER; i++) {
        attached |= a->links[i] != NULL;
        bpf_link__destroy(a->links[i]);
        a->links[i] = NULL;
    }
    /* Programs run inside of the kernel's read sides of RCU; this waits for those. */
    if (attached && syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
        usleep(10000);
}

void attach_free(struct attachment *a)
{
    if (!a)
        return;
    attach_stop(a);
    if (a->counters)
        munmap(a->counters, a->counters_bytes);
    if (a->cpu_states)
        munmap(a->cpu_states, a->cpu_states_bytes);
    for (uint32_t i = 0; i < a->rings_count; i++) {
        ring_close(&a->rings[i]);
        close(a->ring_fds[i]);
    }
    bpf_object__close(a->object);
    free(a->rings);
    free(a->ring_fds);
    free(a->online);
    free(a);
}

const char *attach_how(const struct attachment *a)
{
    return a->variant->name;
}

uint32_t attach_cpus(const struct attachment *a)
{
    return a->cpus;
}

struct ring *attach_rings(const struct attachment *a, size_t *count)
{
    *count = a->rings_count;
    return a->rings;
}

const int *attach_ring_fds(const struct attachment *a)
{
    return a->ring_fds;
}

const struct probes *attach_probes(const struct attachment *a)
{
    return a->probes;
}

const volatile struct ev_counters *attach_counters(const struct attachment *a)
{
    return a->counters;
}

const volatile struct ev_cpu *attach_cpu_states(const struct attachment *a)
{
    return a->cpu_states;
}

int attach_tracks_fd(const struct attachment *a)
{
    return bpf_map__fd(find_map(a, "tracks"));
}

uint32_t attach_tracks_max(const struct attachment *a)
{
    return a->tracks_max;
}

bool attach_misses(const struct attachment *a, enum ev_probe probe, uint64_t *misses)
{
    struct bpf_prog_info info = {0};
    uint32_t length = sizeof(info);

    *misses = 0;
    if (!a->programs[probe])
        return true;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(a->programs[probe]), &info, &length))
        return false;
    /* The kernel says how much of the structure it knows; this member came with 5.12. */
    if (length < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses))
        return false;
    *misses = info.recursion_misses;
    return true;
}
