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
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/adapt.h"
#include "capture/cpus.h"
#include "capture/descriptors.h"
#include "capture/exact.h"
#include "capture/filters.h"
#include "capture/image.h"
#include "capture/message.h"
#include "capture/misses.h"
#include "capture/others.h"
#include "capture/stacks.h"
#include "capture/tracks.h"
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
/* Being woken costs the program that does it some microseconds. */
#define WAKE_BYTES (1 * MIB)

/* Whether other CPUs see a CPU's stores in their order. */
#if defined(__x86_64__) || defined(__i386__)
#define STORES_IN_ORDER 1
#else
#define STORES_IN_ORDER 0
#endif

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

/* An array of the programs' in our memory. */
struct mapped {
    void *pages;
    size_t bytes;
};

struct attachment {
    const struct variant *variant;
    struct probes *probes;
    struct others *others;
    struct exact *exact; /* NULL: tracking guesses */
    const struct kernel_facts *facts;
    struct bpf_object *object;
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

static int shape_rings(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts, struct nst_error *err)
{
    struct ring_shape *shape = &a->shape;

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

static struct bpf_map *find_map(const struct attachment *a, const char *name)
{
    return bpf_object__find_map_by_name(a->object, name);
}

static uint32_t chunks_of(const struct ring_shape *shape)
{
    return shape->size_bytes / shape->chunk_bytes;
}

static int size_maps(struct attachment *a, const struct attach_options *options)
{
    uint32_t filters = filters_flags(options->filters);
    const struct {
        const char *name;
        uint32_t entries;
    } sizes[] = {
        {"rings", a->rings_count},
        {"chunks", a->rings_count * chunks_of(&a->shape)},
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
        {"wished_netns", filters & EV_FILTER_NETNS ? EV_WISHES_MAX : 1},
        {"wished_devices", filters & EV_FILTER_DEVICE ? EV_WISHES_MAX : 1},
        {"wished_reasons", filters & EV_FILTER_REASON ? EV_WISHES_MAX : 1},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct bpf_map *map = find_map(a, sizes[i].name);
        int error = map ? bpf_map__set_max_entries(map, sizes[i].entries) : -ENOENT;

        if (error)
            return error;
    }
    return bpf_map__set_value_size(find_map(a, "chunks"), a->shape.stride_bytes);
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
    struct bpf_map *map = find_map(a, ".rodata.config");
    struct ev_config config = {
        .base_ts_ns = options->base_ts_ns,
        .ring_key = a->shape.key,
        .ring_bytes = a->shape.size_bytes,
        .chunk_bytes = a->shape.chunk_bytes,
        .chunk_shift = bits_for(a->shape.chunk_bytes),
        .chunks = chunks_of(&a->shape),
        .has_cmpxchg = facts->cmpxchg,
        .stores_in_order = STORES_IN_ORDER,
        .cpus = a->cpus,
        .cpu_bits = bits_for(a->cpus),
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

    bpf_object__for_each_program (program, a->object)
        bpf_program__set_autoload(program, false);
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

    bpf_object__for_each_program (program, a->object)
        if (!error && bpf_program__autoload(program))
            error = adapt_program(program, facts->cmpxchg, filter,
                                  a->variant->dynptr ? facts->dynptr : 0);
    return error;
}

static int open_object(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts)
{
    struct image image;
    size_t length;
    const void *bytes = filters_object(options->filters, &length);
    int error = image_init(&image, bytes, length, NULL);

    if (!error && !facts->cmpxchg)
        error = adapt_image(&image);
    if (!error) {
        a->object = bpf_object__open_mem(image.bytes, image.length, NULL);
        error = a->object ? 0 : -errno;
    }
    image_free(&image);
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
        error = others_prepare(object, a->probes, facts, a->variant->mode == ATTACH_TP_BTF);
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

/* Tries what the mode allows, the best first. */
static int load_object(struct attachment *a, const struct attach_options *options,
                       const struct kernel_facts *facts, struct nst_error *err)
{
    unsigned long long limit_kib;
    int error = -EOPNOTSUPP;

    for (size_t i = 0; error && i < sizeof(variants) / sizeof(variants[0]); i++) {
        a->variant = &variants[i];
        if (options->mode != ATTACH_AUTO && options->mode != a->variant->mode)
            continue;
        if (a->variant->dynptr && !facts->dynptr)
            continue;
        error = load_variant(a, options, facts);
    }
    if (error == -EPERM && memory_is_limited(&limit_kib))
        return nst_fail(err, error,
                        "this kernel takes the rings for locked memory, of which this process may "
                        "have %llu KiB: it takes CAP_SYS_RESOURCE (or ulimit -l unlimited)",
                        limit_kib);
    if (error)
        return nst_fail(err, error, "the kernel does not take the BPF programs (-v tells why): %s",
                        strerror(-error));
    return 0;
}

static int map_array(const struct attachment *a, const char *name, int protection,
                     struct mapped *mapped, struct nst_error *err)
{
    const struct bpf_map *map = find_map(a, name);
    size_t page = sysconf(_SC_PAGESIZE);
    size_t value = (bpf_map__value_size(map) + 7) / 8 * 8;
    size_t bytes = (bpf_map__max_entries(map) * value + page - 1) / page * page;
    void *pages = mmap(NULL, bytes, protection, MAP_SHARED, bpf_map__fd(map), 0);

    if (pages == MAP_FAILED)
        return nst_fail(err, -errno, "cannot map the programs' %s: %s", name, strerror(errno));
    *mapped = (struct mapped){pages, bytes};
    return 0;
}

static void unmap(struct mapped *mapped)
{
    if (mapped->pages)
        munmap(mapped->pages, mapped->bytes);
}

static int map_all(struct attachment *a, struct nst_error *err)
{
    int error = map_array(a, "counters", PROT_READ, &a->counters, err);

    if (!error)
        error = map_array(a, "cpus", PROT_READ, &a->cpu_states, err);
    if (!error)
        error = map_array(a, "rings", PROT_READ | PROT_WRITE, &a->ring_states, err);
    if (!error)
        error = map_array(a, "chunks", PROT_READ, &a->chunks, err);
    if (!error)
        error = map_array(a, "track_sets", PROT_READ | PROT_WRITE, &a->track_sets, err);
    if (!error)
        error = map_array(a, "tracks", PROT_READ | PROT_WRITE, &a->tracks, err);
    if (!error)
        error = doorbell_open(&a->doorbell, bpf_map__fd(find_map(a, "doorbell")), err);
    return error;
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
    size_t ring_bytes = chunks_of(&a->shape) * a->shape.stride_bytes;
    int map = bpf_map__fd(find_map(a, "cpus"));
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

static uint64_t memory_bytes(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
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

static int load_others(struct attachment *a, const struct attach_options *options,
                       struct nst_error *err)
{
    struct others_options others = {
        .object = a->object,
        .probes = a->probes,
        .symbols = options->symbols,
        .facts = a->facts,
        .typed = a->variant->mode == ATTACH_TP_BTF,
        .dynptr = a->variant->dynptr,
        .progress = options->progress,
    };

    return others_load(&a->others, &others, err);
}

/* Maps, programs and links of those probes that are always there, and kprobes of exact tracking. */
#define OWN_DESCRIPTORS 128

static void raise_limit(void)
{
    struct descriptors descriptors;

    descriptors_begin(&descriptors, OWN_DESCRIPTORS);
    descriptors_end(&descriptors);
}

/* Rather than that this kernel lacks something. */
static bool is_shortage(int error)
{
    return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/* Where it cannot be exact it does without, unless that was asked for. */
static int open_exact(struct attachment *a, const struct attach_options *options,
                      struct nst_error *err)
{
    struct nst_error why = {0};
    int error;

    if (options->tracking == TRACKING_HEURISTIC)
        return 0;
    error = exact_open(&a->exact, &why);
    if (!error || is_shortage(error))
        return error ? nst_fail(err, error, "%s", why.text) : 0;
    if (options->tracking == TRACKING_EXACT)
        return nst_fail(err, error, "--tracking exact: %s", why.text);
    if (options->verbose)
        message_note("tracking is by a heuristic: %s", why.text);
    return 0;
}

int attach_load(struct attachment **attachment, const struct attach_options *options,
                const struct kernel_facts *facts, struct nst_error *err)
{
    struct attachment *a = calloc(1, sizeof(*a));
    int error;

    if (!a)
        return nst_fail(err, -ENOMEM, "no memory");
    a->probes = options->probes;
    a->facts = facts;
    a->tracks_max = tracks_for(memory_bytes());
    raise_limit();
    error = find_cpus(a, err);
    if (!error)
        error = shape_rings(a, options, facts, err);
    if (!error)
        error = open_exact(a, options, err);
    if (!error)
        error = load_object(a, options, facts, err);
    if (!error)
        error = load_others(a, options, err);
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
    int failed = exact_attach(a->exact, a->object, err);

    if (failed)
        return failed;
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
    return others_attach(a->others, err);
}

/* Programs run inside of the kernel's read sides of RCU; this waits for those. */
void attach_settle(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
        usleep(10000);
}

void attach_stop(struct attachment *a)
{
    bool attached = false;

    others_detach(a->others);
    exact_detach(a->exact);
    for (int i = 0; i < EV_PROBE_OTHER; i++) {
        attached |= a->links[i] != NULL;
        bpf_link__destroy(a->links[i]);
        a->links[i] = NULL;
    }
    if (attached)
        attach_settle();
}

void attach_free(struct attachment *a)
{
    if (!a)
        return;
    attach_stop(a);
    others_free(a->others);
    exact_free(a->exact);
    doorbell_close(&a->doorbell);
    unmap(&a->counters);
    unmap(&a->cpu_states);
    unmap(&a->ring_states);
    unmap(&a->chunks);
    unmap(&a->track_sets);
    unmap(&a->tracks);
    bpf_object__close(a->object);
    free(a->rings);
    free(a->online);
    free(a);
}

const char *attach_how(const struct attachment *a)
{
    return a->variant->name;
}

bool attach_tracks_exactly(const struct attachment *a)
{
    return a->exact;
}

uint32_t attach_cpu_bits(const struct attachment *a)
{
    return bits_for(a->cpus);
}

uint32_t attach_cpus(const struct attachment *a)
{
    return a->cpus;
}

bool attach_written(const struct attachment *a, uint64_t *bytes)
{
    const struct ev_cpu *states = a->cpu_states.pages;
    bool behind = false;

    for (uint32_t cpu = 0; cpu < a->cpus; cpu++)
        bytes[cpu] = __atomic_load_n(&a->rings[states[cpu].ring].shared->head, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < a->rings_count; i++)
        behind |= ring_waiting(&a->rings[i]) > a->shape.size_bytes / 4;
    return behind;
}

struct ring *attach_rings(const struct attachment *a, size_t *count)
{
    *count = a->rings_count;
    return a->rings;
}

struct doorbell *attach_doorbell(struct attachment *a)
{
    return &a->doorbell;
}

const struct probes *attach_probes(const struct attachment *a)
{
    return a->probes;
}

const volatile struct ev_counters *attach_counters(const struct attachment *a)
{
    return a->counters.pages;
}

const volatile struct ev_cpu *attach_cpu_states(const struct attachment *a)
{
    return a->cpu_states.pages;
}

struct ev_track_set *attach_track_sets(const struct attachment *a, uint32_t *count)
{
    *count = a->tracks_max / EV_TRACK_WAYS;
    return a->track_sets.pages;
}

struct ev_track *attach_tracks(const struct attachment *a)
{
    return a->tracks.pages;
}

int attach_stacks_fd(const struct attachment *a)
{
    return bpf_map__fd(find_map(a, "stacks"));
}

bool attach_misses(const struct attachment *a, uint32_t probe, uint64_t *misses)
{
    int fd = -1;

    if (probe >= EV_PROBE_OTHER)
        fd = others_program(a->others, probe);
    else if (a->programs[probe])
        fd = bpf_program__fd(a->programs[probe]);
    return misses_of_program(fd, misses);
}

bool attach_kprobe_misses(const struct attachment *a, bool *any, uint64_t *misses)
{
    static const char *const shared[] = {"other_kprobe", "other_multi", "other_enter",
                                         "other_return"};
    bool known = a->facts->kprobe_misses;

    *any = false;
    *misses = 0;
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        struct bpf_program *program = bpf_object__find_program_by_name(a->object, shared[i]);
        uint64_t missed;

        if (!bpf_program__autoload(program))
            continue;
        *any = true;
        known &= misses_of_program(bpf_program__fd(program), &missed);
        *misses += missed;
    }
    if (!known)
        *misses = 0;
    return known;
}

bool attach_missed(const struct attachment *a, uint64_t *missed, uint64_t *shared)
{
    memset(missed, 0, a->probes->count * sizeof(*missed));
    *shared = 0;
    if (!a->facts->kprobe_misses)
        return false;
    others_missed(a->others, missed, shared);
    return true;
}

bool attach_tracking_missed(const struct attachment *a, uint64_t *missed)
{
    bool known = exact_missed(a->exact, missed);

    return known && (!a->exact || a->facts->kprobe_misses);
}
