/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/other_probes.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/kprobes.h"
#include "capture/nofile.h"
#include "format/error.h"

/* Calls of all CPUs that have entered a function with a kretprobe and not returned yet. */
#define ENTERED_MAX 16384
/* A name can be that of several static functions, and each address takes an entry of kprobe_places;
 * few names have as many as this. */
#define NAMESAKES 4

struct other_probes {
    struct other_probes_options options;
    struct copy *copies; /* by probe, from EV_PROBE_OTHER on */
    uint32_t copies_count;
    struct kprobes *kprobes;
};

static uint32_t count_kind(const struct probes *probes, uint32_t kind)
{
    uint32_t count = 0;

    for (uint32_t i = EV_PROBE_OTHER; i < probes->count; i++)
        count += probes->list[i].kind == kind;
    return count;
}

static int choose(struct bpf_object *object, const char *name, bool wanted)
{
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);

    return program ? bpf_program__set_autoload(program, wanted) : -ENOENT;
}

static int size(struct bpf_object *object, const char *name, uint32_t entries)
{
    struct bpf_map *map = bpf_object__find_map_by_name(object, name);

    return map ? bpf_map__set_max_entries(map, entries ? entries : 1) : -ENOENT;
}

/* A tracepoint's copy that the kernel does not take as tp_btf may do as raw_tp. */
int other_probes_prepare(struct bpf_object *object, const struct probes *probes,
                         const struct kernel_facts *facts, bool typed)
{
    uint32_t tracepoints = count_kind(probes, NST_PROBE_RAW_TRACEPOINT);
    uint32_t kprobes = count_kind(probes, NST_PROBE_KPROBE);
    uint32_t returns = count_kind(probes, NST_PROBE_KRETPROBE);
    bool fentry = count_kind(probes, NST_PROBE_FENTRY) > 0;
    int error = choose(object, "other_typed", fentry || (tracepoints && typed));

    if (!error)
        error = choose(object, "other_raw", tracepoints);
    if (!error)
        error = choose(object, "other_kprobe", kprobes);
    if (!error)
        error = choose(object, "other_multi", kprobes && facts->kprobe_multi);
    if (!error)
        error = choose(object, "other_enter", returns);
    if (!error)
        error = choose(object, "other_return", returns);
    if (!error)
        error = size(object, "entered", returns ? ENTERED_MAX : 0);
    if (!error)
        error = size(object, "kprobe_places",
                     facts->attach_cookie ? 0 : (kprobes + returns) * NAMESAKES);
    return error;
}

static int load_tracepoint(const struct other_probes *o, const struct probe *probe,
                           struct copy *copy)
{
    const struct other_probes_options *options = &o->options;
    uint64_t dynptr = options->dynptr ? EV_PLACE_DYNPTR : 0;
    int error = -EOPNOTSUPP;

    if (options->typed && probe->btf_id)
        error = copy_load(copy, options->templates, options->object, COPY_TP_BTF, probe->btf_id,
                          probe->place | dynptr);
    if (error)
        error = copy_load(copy, options->templates, options->object, COPY_RAW_TP, 0, probe->place);
    return error;
}

/* By fentry no skb is one that bpf_dynptr_from_skb() trusts. */
static int load_copy(const struct other_probes *o, const struct probe *probe, struct copy *copy)
{
    *copy = (struct copy){.prog_fd = -1, .link_fd = -1};
    if (probe->kind == NST_PROBE_RAW_TRACEPOINT)
        return load_tracepoint(o, probe, copy);
    if (probe->kind != NST_PROBE_FENTRY)
        return 0;
    if (!probe->btf_id)
        return -EOPNOTSUPP;
    return copy_load(copy, o->options.templates, o->options.object, COPY_FENTRY, probe->btf_id,
                     probe->place);
}

/* A copy has a program and a link. */
static uint64_t count_descriptors(const struct other_probes_options *options)
{
    uint32_t copies = count_kind(options->probes, NST_PROBE_RAW_TRACEPOINT) +
                      count_kind(options->probes, NST_PROBE_FENTRY);

    return 2ull * copies + kprobes_descriptors(options->probes, options->symbols);
}

static void load_copies(struct other_probes *o)
{
    const struct probes *probes = o->options.probes;
    struct nofile nofile;

    nofile_begin(&nofile, count_descriptors(&o->options));
    for (uint32_t i = EV_PROBE_OTHER; i < probes->count; i++, o->copies_count++)
        probes->list[i].error = load_copy(o, &probes->list[i], &o->copies[o->copies_count]);
    nofile_end(&nofile);
}

int other_probes_load(struct other_probes **other, const struct other_probes_options *options,
                      struct nst_error *err)
{
    struct other_probes *o = calloc(1, sizeof(*o));
    const struct probes *probes = options->probes;

    if (!o)
        return nst_fail(err, -ENOMEM, "no memory for the probes");
    o->options = *options;
    o->copies = calloc(probes->count - EV_PROBE_OTHER + 1, sizeof(*o->copies));
    if (!o->copies) {
        other_probes_free(o);
        return nst_fail(err, -ENOMEM, "no memory for the probes");
    }
    load_copies(o);
    *other = o;
    return 0;
}

static void attach_copies(struct other_probes *o)
{
    for (uint32_t i = 0; i < o->copies_count; i++) {
        struct probe *probe = &o->options.probes->list[i + EV_PROBE_OTHER];
        struct copy *copy = &o->copies[i];

        if (copy->prog_fd >= 0)
            probe->error = copy_attach(copy, probe_name(probe));
    }
}

static int attach_kprobes(struct other_probes *o, struct nst_error *err)
{
    const struct other_probes_options *from = &o->options;
    struct kprobes_options options = {
        .object = from->object,
        .probes = from->probes,
        .symbols = from->symbols,
        .multi = from->facts->kprobe_multi,
        .cookie = from->facts->attach_cookie,
        .progress = from->progress,
    };

    if (!count_kind(from->probes, NST_PROBE_KPROBE) &&
        !count_kind(from->probes, NST_PROBE_KRETPROBE))
        return 0;
    return kprobes_attach(&o->kprobes, &options, err);
}

int other_probes_attach(struct other_probes *o, struct nst_error *err)
{
    struct nofile nofile;
    int error;

    nofile_begin(&nofile, count_descriptors(&o->options));
    attach_copies(o);
    error = attach_kprobes(o, err);
    nofile_end(&nofile);
    return error;
}

void other_probes_detach(struct other_probes *o)
{
    if (!o)
        return;
    for (uint32_t i = 0; i < o->copies_count; i++)
        copy_detach(&o->copies[i]);
    kprobes_detach(o->kprobes);
    o->kprobes = NULL;
}

void other_probes_free(struct other_probes *o)
{
    if (!o)
        return;
    other_probes_detach(o);
    for (uint32_t i = 0; i < o->copies_count; i++)
        copy_free(&o->copies[i]);
    free(o->copies);
    free(o);
}

int other_probes_program(const struct other_probes *o, uint32_t probe)
{
    return o ? o->copies[probe - EV_PROBE_OTHER].prog_fd : -1;
}

void other_probes_missed(const struct other_probes *o, uint64_t *missed, uint64_t *shared)
{
    if (o)
        kprobes_missed(o->kprobes, missed, shared);
}
