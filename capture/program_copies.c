/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/program_copies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSTANT_MAP ".rodata.place"

#define TEMPLATE_SECTION "template"

static void forget(struct template *t)
{
    free(t->insns);
    free(t->functions);
    *t = (struct template){0};
}

static void *copy_of(const void *from, size_t count, size_t bytes)
{
    void *to = reallocarray(NULL, count, bytes);

    return to ? memcpy(to, from, count * bytes) : NULL;
}

/* Without the types of its functions the verifier would look into each of them again on every way
 * that leads there. */
static int keep(struct template *t, const struct bpf_program *program,
                const struct bpf_prog_load_opts *options)
{
    forget(t);
    t->insns_count = bpf_program__insn_cnt(program);
    t->insns = copy_of(bpf_program__insns(program), t->insns_count, sizeof(*t->insns));
    if (!t->insns)
        return -ENOMEM;
    if (!options->func_info_cnt)
        return 0;
    t->functions_count = options->func_info_cnt;
    t->function_bytes = options->func_info_rec_size;
    t->btf_fd = options->prog_btf_fd;
    t->functions = copy_of(options->func_info, t->functions_count, t->function_bytes);
    return t->functions ? 0 : -ENOMEM;
}

/* What is loaded in the template's name does nothing: it is for no place. */
static int take(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
    struct bpf_insn nothing[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
                                 {.code = BPF_JMP | BPF_EXIT}};
    struct templates *templates = (struct templates *)cookie;
    bool raw = !strcmp(bpf_program__name(program), "other_raw");
    int error = keep(raw ? &templates->raw : &templates->typed, program, options);

    if (error)
        return error;
    options->func_info_cnt = 0;
    options->line_info_cnt = 0;
    return bpf_program__set_insns(program, nothing, sizeof(nothing) / sizeof(nothing[0]));
}

int templates_begin(struct templates *templates)
{
    LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = (long)templates,
                .prog_prepare_load_fn = take);
    int handler =
        libbpf_register_prog_handler(TEMPLATE_SECTION, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &options);

    if (handler < 0)
        return handler;
    templates->handler = handler + 1;
    return 0;
}

void templates_end(struct templates *templates)
{
    if (templates->handler)
        libbpf_unregister_prog_handler(templates->handler - 1);
    forget(&templates->typed);
    forget(&templates->raw);
    templates->handler = 0;
}

/* Frozen, so that the verifier knows its content. */
static int make_constant(uint64_t place)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_RDONLY_PROG);
    uint32_t key = 0;
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "nstrail_place", sizeof(key), sizeof(place), 1,
                            &options);
    int error = fd < 0 ? fd : 0;

    if (!error && bpf_map_update_elem(fd, &key, &place, BPF_ANY))
        error = -errno;
    if (!error && bpf_map_freeze(fd))
        error = -errno;
    if (error && fd >= 0)
        close(fd);
    return error ? error : fd;
}

/* The template's instructions, with one map in another's place. */
static struct bpf_insn *make_insns(const struct template *t, int from_fd, int to_fd)
{
    struct bpf_insn *insns = copy_of(t->insns, t->insns_count, sizeof(*insns));

    for (size_t i = 0; insns && i < t->insns_count; i++)
        if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
            insns[i].src_reg == BPF_PSEUDO_MAP_VALUE && insns[i].imm == from_fd)
            insns[i].imm = to_fd;
    return insns;
}

static int load(const struct template *t, enum copy_kind kind, uint32_t btf_id,
                const struct bpf_insn *insns)
{
    LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_btf_fd = t->btf_fd, .func_info = t->functions,
                .func_info_cnt = t->functions_count, .func_info_rec_size = t->function_bytes);

    if (kind == COPY_RAW_TP)
        return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "other_raw", "Dual BSD/GPL", insns,
                             t->insns_count, &options);
    options.expected_attach_type = kind == COPY_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_RAW_TP;
    options.attach_btf_id = btf_id;
    return bpf_prog_load(BPF_PROG_TYPE_TRACING, "other_typed", "Dual BSD/GPL", insns,
                         t->insns_count, &options);
}

int copy_load(struct copy *copy, const struct templates *templates, const struct bpf_object *object,
              enum copy_kind kind, uint32_t btf_id, uint64_t place)
{
    const struct template *t = kind == COPY_RAW_TP ? &templates->raw : &templates->typed;
    const struct bpf_map *constant = bpf_object__find_map_by_name(object, CONSTANT_MAP);
    struct bpf_insn *insns;
    int map_fd;

    *copy = (struct copy){.kind = kind, .prog_fd = -1, .link_fd = -1};
    if (!t->insns || !constant)
        return -ENOENT;
    map_fd = make_constant(place);
    if (map_fd < 0)
        return map_fd;
    insns = make_insns(t, bpf_map__fd(constant), map_fd);
    copy->prog_fd = insns ? load(t, kind, btf_id, insns) : -ENOMEM;
    free(insns);
    /* The program keeps it. */
    close(map_fd);
    return copy->prog_fd < 0 ? copy->prog_fd : 0;
}

int copy_attach(struct copy *copy, const char *tracepoint)
{
    copy->link_fd =
        bpf_raw_tracepoint_open(copy->kind == COPY_RAW_TP ? tracepoint : NULL, copy->prog_fd);
    return copy->link_fd < 0 ? copy->link_fd : 0;
}

void copy_detach(struct copy *copy)
{
    if (copy->link_fd >= 0)
        close(copy->link_fd);
    copy->link_fd = -1;
}

void copy_free(struct copy *copy)
{
    copy_detach(copy);
    if (copy->prog_fd >= 0)
        close(copy->prog_fd);
    copy->prog_fd = -1;
}
