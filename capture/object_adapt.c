/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/object_adapt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"

/* Kernels without these instructions refuse them also where they are never reached: there a
 * plain store takes their place. */
static void replace_atomic(struct bpf_insn *insn)
{
    if (insn->code != (BPF_STX | BPF_ATOMIC | BPF_DW) || !(insn->imm & BPF_FETCH))
        return;
    insn->code = BPF_STX | BPF_MEM | BPF_DW;
    insn->imm = 0;
}

/* id: BTF's; 0: the function is not to be used. */
static void replace_dynptr_call(struct bpf_insn *insn, uint32_t id)
{
    if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg || insn->imm != EV_DYNPTR_CALL)
        return;
    if (id)
        *insn = (struct bpf_insn){
            .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = id};
    else
        *insn = (struct bpf_insn){
            .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -ENOTSUP};
}

/* So many instructions before a call its last argument is looked for. */
#define MARK_DISTANCE 8

static bool is_filter_call(const struct bpf_insn *insns, size_t at)
{
    if (insns[at].code != (BPF_JMP | BPF_CALL) || insns[at].src_reg != BPF_PSEUDO_CALL)
        return false;
    for (size_t i = at; i > 0 && at - i < MARK_DISTANCE; i--)
        if (insns[i - 1].dst_reg == BPF_REG_5 && insns[i - 1].imm == EV_FILTER_MARK &&
            BPF_OP(insns[i - 1].code) == BPF_MOV)
            return true;
    return false;
}

/* Until 6.2 (be2ef8161572) the verifier took each number for one that matters in programs that
 * call functions, and followed every way through them. The longest that they call is the
 * pcap-filter; without one that call is never reached. */
static void replace_call(struct bpf_insn *insns, size_t at)
{
    if (is_filter_call(insns, at))
        insns[at] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0};
}

int object_adapt_program(struct bpf_program *program, bool atomics, bool calls)
{
    size_t count = bpf_program__insn_cnt(program);
    struct bpf_insn *insns = calloc(count, sizeof(*insns));
    int error;

    if (!insns)
        return -ENOMEM;
    memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
    for (size_t i = 0; i < count; i++) {
        if (!atomics)
            replace_atomic(&insns[i]);
        if (!calls)
            replace_call(insns, i);
    }
    error = bpf_program__set_insns(program, insns, count);
    free(insns);
    return error;
}

static int adapt_function(struct object_image *image, const char *function, bool atomics,
                          uint32_t dynptr)
{
    struct object_image_place place;
    struct bpf_insn *insns;
    int error = object_image_find(image, function, &place, NULL);

    if (error)
        return error;
    insns = calloc(place.count, sizeof(*insns));
    if (!insns)
        return -ENOMEM;
    object_image_get(image, &place, insns);
    for (size_t i = 0; i < place.count; i++) {
        if (!atomics)
            replace_atomic(&insns[i]);
        replace_dynptr_call(&insns[i], dynptr);
    }
    object_image_put(image, &place, insns);
    free(insns);
    return 0;
}

int object_adapt_image(struct object_image *image, bool atomics, uint32_t dynptr)
{
    /* Those that have such instructions and are not part of the programs. */
    static const char *const functions[] = {"copy_nonlinear", "other_tell", "ring_take",
                                            "track_take", "window_claim"};
    int error = 0;

    for (size_t i = 0; !error && i < sizeof(functions) / sizeof(functions[0]); i++)
        error = adapt_function(image, functions[i], atomics, dynptr);
    return error;
}
