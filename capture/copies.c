/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/copies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSTANT_MAP ".rodata.place"

static const struct bpf_program *find_template(const struct bpf_object *object, enum copy_kind kind)
{
    const char *name = kind == COPY_RAW_TP ? "other_raw" : "other_typed";

    return bpf_object__find_program_by_name(object, name);
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
static struct bpf_insn *make_insns(const struct bpf_program *template, int from_fd, int to_fd)
{
    size_t count = bpf_program__insn_cnt(template);
    struct bpf_insn *insns = reallocarray(NULL, count, sizeof(*insns));

    if (!insns)
        return NULL;
    memcpy(insns, bpf_program__insns(template), count * sizeof(*insns));
    for (size_t i = 0; i < count; i++)
        if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
            insns[i].src_reg == BPF_PSEUDO_MAP_VALUE && insns[i].imm == from_fd)
            insns[i].imm = to_fd;
    return insns;
}

static int load(const struct bpf_program *template, enum copy_kind kind, uint32_t btf_id,
                const struct bpf_insn *insns)
{
    LIBBPF_OPTS(bpf_prog_load_opts, options);

    if (kind == COPY_RAW_TP)
        return bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "other_raw", "Dual BSD/GPL", insns,
                             bpf_program__insn_cnt(template), &options);
    options.expected_attach_type = kind == COPY_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_RAW_TP;
    options.attach_btf_id = btf_id;
    return bpf_prog_load(BPF_PROG_TYPE_TRACING, "other_typed", "Dual BSD/GPL", insns,
                         bpf_program__insn_cnt(template), &options);
}

int copy_load(struct copy *copy, const struct bpf_object *object, enum copy_kind kind,
              uint32_t btf_id, uint64_t place)
{
    const struct bpf_program *template = find_template(object, kind);
    const struct bpf_map *constant = bpf_object__find_map_by_name(object, CONSTANT_MAP);
    struct bpf_insn *insns;
    int map_fd;

    *copy = (struct copy){.kind = kind, .prog_fd = -1, .link_fd = -1};
    if (!template || !constant)
        return -ENOENT;
    map_fd = make_constant(place);
    if (map_fd < 0)
        return map_fd;
    insns = make_insns(template, bpf_map__fd(constant), map_fd);
    copy->prog_fd = insns ? load(template, kind, btf_id, insns) : -ENOMEM;
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
