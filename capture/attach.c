/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/attach_internal.h"
#include "capture/filters.h"
#include "capture/message.h"
#include "capture/misses.h"
#include "capture/nofile.h"
#include "capture/tracks.h"
#include "format/error.h"

static int map_array(const struct attachment *a, const char *name, int protection,
                     struct mapped *mapped, struct nst_error *err)
{
    const struct bpf_map *map = attach_map(a, name);
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
        error = doorbell_open(&a->doorbell, bpf_map__fd(attach_map(a, "doorbell")), err);
    return error;
}

static int begin_filters(const struct attachment *a, struct filters *filters, struct nst_error *err)
{
    const struct filters_maps maps = {
        .netns = bpf_map__fd(attach_map(a, "filter_netns")),
        .devices = bpf_map__fd(attach_map(a, "filter_devices")),
        .reasons = bpf_map__fd(attach_map(a, "filter_reasons")),
    };

    return filters_begin(filters, &maps, err);
}

static uint64_t memory_bytes(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

static int load_other_probes(struct attachment *a, const struct attach_options *options,
                             struct nst_error *err)
{
    struct other_probes_options other = {
        .object = a->object,
        .templates = &a->templates,
        .probes = a->probes,
        .symbols = options->symbols,
        .facts = a->facts,
        .typed = a->variant->mode == ATTACH_TP_BTF,
        .dynptr = a->variant->dynptr,
        .progress = options->progress,
    };

    return other_probes_load(&a->other_probes, &other, err);
}

/* Maps, programs and links of those probes that are always there, and kprobes of exact tracking. */
#define OWN_DESCRIPTORS 128

static void raise_limit(void)
{
    struct nofile nofile;

    nofile_begin(&nofile, OWN_DESCRIPTORS);
    nofile_end(&nofile);
}

/* Whether memory or descriptors ran out, rather than that this kernel lacks something. */
static bool is_shortage(int error)
{
    return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/* Where this kernel does not allow exact tracking, the heuristic takes its place, unless exact
 * tracking was asked for. What we ran out of is an error all the same. */
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
        return nst_fail(err, -ENOMEM, "no memory for the probes");
    a->probes = options->probes;
    a->facts = facts;
    a->tracks_max = tracks_for(memory_bytes());
    raise_limit();
    error = attach_shape_rings(a, options, facts, err);
    if (!error)
        error = open_exact(a, options, err);
    if (!error)
        error = attach_load_programs(a, options, facts, err);
    if (!error)
        error = load_other_probes(a, options, err);
    if (!error)
        error = map_all(a, err);
    if (!error)
        error = attach_deal_rings(a, err);
    if (!error)
        error = begin_filters(a, options->filters, err);
    if (error) {
        attach_free(a);
        return error;
    }
    *attachment = a;
    return 0;
}

/* The probes that only follow packets are attached before those that record them (the higher of
 * enum ev_probe first), so that no freeing is missed of a packet that was recorded. */
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
    return other_probes_attach(a->other_probes, err);
}

/* Programs run inside of RCU's read sides, and this waits for a grace period. Where the kernel has
 * no membarrier(2), or refuses it, time has to do. */
void attach_settle(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
        usleep(10000);
}

void attach_stop(struct attachment *a)
{
    bool attached = false;

    other_probes_detach(a->other_probes);
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
    other_probes_free(a->other_probes);
    exact_free(a->exact);
    doorbell_close(&a->doorbell);
    unmap(&a->counters);
    unmap(&a->cpu_states);
    unmap(&a->ring_states);
    unmap(&a->chunks);
    unmap(&a->track_sets);
    unmap(&a->tracks);
    bpf_object__close(a->object);
    templates_end(&a->templates);
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
    return attach_bits_for(a->cpus);
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
    return bpf_map__fd(attach_map(a, "stacks"));
}

bool attach_misses(const struct attachment *a, uint32_t probe, uint64_t *misses)
{
    int fd = -1;

    if (probe >= EV_PROBE_OTHER)
        fd = other_probes_program(a->other_probes, probe);
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
    other_probes_missed(a->other_probes, missed, shared);
    return true;
}

bool attach_tracking_missed(const struct attachment *a, uint64_t *missed)
{
    bool known = exact_missed(a->exact, missed);

    return known && (!a->exact || a->facts->kprobe_misses);
}
