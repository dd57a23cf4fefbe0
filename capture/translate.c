/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/translate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bpf/event.h"
#include "format/error.h"

/* Classic BPF's own, which linux/bpf.h has not. */
#define BPF_RVAL(code)   ((code)&0x18)
#define BPF_MISCOP(code) ((code)&0xf8)
#define BPF_A            0x10
#define BPF_TAX          0x00
#define BPF_TXA          0x80
#define MEMORY_WORDS     16 /* M[] */
#define MSH_MAX          60 /* a header's length in words, from 4 bits */

/* The arguments stay where they arrive. All are 32 bits wide, the upper ones are 0. */
enum {
    REG_A = BPF_REG_0,
    REG_BYTES = BPF_REG_1,
    REG_CAPLEN = BPF_REG_2,
    REG_LEN = BPF_REG_3,
    REG_TEMP = BPF_REG_4,
    REG_X = BPF_REG_5,
};

struct translation {
    const struct classic_program *program;
    struct bpf_insn *insns;
    size_t room;
    size_t count;    /* also of those that found no room */
    size_t *starts;  /* of each classic instruction; from the last pass, while there is one */
    size_t no_match; /* likewise: where the answer is no */
    bool *reached;   /* by classic instruction */
    uint32_t x_max;  /* no load into X gives more */
    uint32_t bytes;  /* looked at */
    uint16_t memory; /* a bit for each word of M[] that is used */
};

static void emit(struct translation *t, struct bpf_insn insn)
{
    if (t->count < t->room)
        t->insns[t->count] = insn;
    t->count++;
}

static void emit_imm(struct translation *t, uint8_t code, uint8_t dst, uint32_t imm)
{
    emit(t, (struct bpf_insn){.code = code, .dst_reg = dst, .imm = (int32_t)imm});
}

static void emit_reg(struct translation *t, uint8_t code, uint8_t dst, uint8_t src)
{
    emit(t, (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src});
}

static void emit_memory(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, int32_t off)
{
    emit(t, (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = (int16_t)off});
}

/* A jump to an instruction of ours; room for all of them is within 16 bits. */
static void emit_jump(struct translation *t, struct bpf_insn jump, size_t target)
{
    jump.off = (int16_t)((long)target - (long)t->count - 1);
    emit(t, jump);
}

static void emit_no_match(struct translation *t)
{
    emit_jump(t, (struct bpf_insn){.code = BPF_JMP | BPF_JA}, t->no_match);
}

static uint32_t load_size(uint16_t code)
{
    switch (BPF_SIZE(code)) {
    case BPF_W:
        return 4;
    case BPF_H:
        return 2;
    default:
        return 1;
    }
}

/* Loads what is at `off` from base, which is checked. */
static void emit_load(struct translation *t, uint16_t size, uint8_t dst, uint8_t base, int32_t off)
{
    uint32_t bytes = load_size(size);

    emit_memory(t, BPF_LDX | BPF_MEM | BPF_SIZE(size), dst, base, off);
    if (bytes > 1)
        emit_imm(t, BPF_ALU | BPF_END | BPF_TO_BE, dst, 8 * bytes);
}

static void looks_at(struct translation *t, uint64_t end)
{
    uint32_t bytes = end < EV_WINDOW_BYTES ? (uint32_t)end : EV_WINDOW_BYTES;

    if (bytes > t->bytes)
        t->bytes = bytes;
}

static bool in_window(uint32_t k, uint32_t size)
{
    return size <= EV_WINDOW_BYTES && k <= EV_WINDOW_BYTES - size;
}

static bool translate_absolute(struct translation *t, uint16_t size, uint8_t dst, uint32_t k)
{
    uint32_t bytes = load_size(size);

    if (!in_window(k, bytes)) {
        emit_no_match(t);
        return false;
    }
    looks_at(t, k + bytes);
    emit_jump(t,
              (struct bpf_insn){.code = BPF_JMP32 | BPF_JLT | BPF_K,
                                .dst_reg = REG_CAPLEN,
                                .imm = (int32_t)(k + bytes)},
              t->no_match);
    emit_load(t, size, dst, REG_BYTES, (int32_t)k);
    return true;
}

/* At X + k. The verifier wants a bound that it knows, the packet its own. */
static void translate_indirect(struct translation *t, uint16_t size, uint32_t k)
{
    uint32_t bytes = load_size(size);

    if (!in_window(k, bytes)) {
        emit_no_match(t);
        return;
    }
    looks_at(t, (uint64_t)t->x_max + k + bytes);
    emit_reg(t, BPF_ALU64 | BPF_MOV | BPF_X, REG_TEMP, REG_X);
    emit_jump(t,
              (struct bpf_insn){.code = BPF_JMP | BPF_JGT | BPF_K,
                                .dst_reg = REG_TEMP,
                                .imm = (int32_t)(EV_WINDOW_BYTES - bytes - k)},
              t->no_match);
    emit_imm(t, BPF_ALU64 | BPF_ADD | BPF_K, REG_TEMP, k + bytes);
    emit_jump(t,
              (struct bpf_insn){
                  .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = REG_TEMP, .src_reg = REG_CAPLEN},
              t->no_match);
    emit_reg(t, BPF_ALU64 | BPF_ADD | BPF_X, REG_TEMP, REG_BYTES);
    emit_load(t, size, REG_A, REG_TEMP, -(int32_t)bytes);
}

static int32_t memory_offset(uint32_t word)
{
    return -4 * (int32_t)(MEMORY_WORDS - word);
}

/* Loads into A or X that both have. */
static bool translate_common(struct translation *t, const struct classic_insn *c, uint8_t dst)
{
    switch (BPF_MODE(c->code)) {
    case BPF_IMM:
        emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, dst, c->k);
        return true;
    case BPF_LEN:
        emit_reg(t, BPF_ALU | BPF_MOV | BPF_X, dst, REG_LEN);
        return true;
    case BPF_MEM:
        emit_memory(t, BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_10, memory_offset(c->k));
        return true;
    }
    return false;
}

static bool translate_ld(struct translation *t, const struct classic_insn *c)
{
    switch (BPF_MODE(c->code)) {
    case BPF_ABS:
        translate_absolute(t, c->code, REG_A, c->k);
        return true;
    case BPF_IND:
        translate_indirect(t, c->code, c->k);
        return true;
    }
    return translate_common(t, c, REG_A);
}

static bool translate_ldx(struct translation *t, const struct classic_insn *c)
{
    if (BPF_MODE(c->code) != BPF_MSH)
        return translate_common(t, c, REG_X);
    if (translate_absolute(t, BPF_B, REG_X, c->k)) {
        emit_imm(t, BPF_ALU | BPF_AND | BPF_K, REG_X, 15);
        emit_imm(t, BPF_ALU | BPF_LSH | BPF_K, REG_X, 2);
    }
    return true;
}

/* What is shifted out is gone, also where the processor would take the count modulo 32. */
static void translate_shift(struct translation *t, const struct classic_insn *c, uint8_t op)
{
    if (BPF_SRC(c->code) == BPF_K) {
        if (c->k < 32)
            emit_imm(t, BPF_ALU | op | BPF_K, REG_A, c->k);
        else
            emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_A, 0);
        return;
    }
    emit_jump(t,
              (struct bpf_insn){.code = BPF_JMP32 | BPF_JLT | BPF_K, .dst_reg = REG_X, .imm = 32},
              t->count + 2);
    emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_A, 0);
    emit_reg(t, BPF_ALU | op | BPF_X, REG_A, REG_X);
}

static void translate_division(struct translation *t, const struct classic_insn *c, uint8_t op)
{
    if (BPF_SRC(c->code) == BPF_X) {
        emit_jump(t, (struct bpf_insn){.code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = REG_X},
                  t->no_match);
        emit_reg(t, BPF_ALU | op | BPF_X, REG_A, REG_X);
    } else if (c->k) {
        emit_imm(t, BPF_ALU | op | BPF_K, REG_A, c->k);
    } else {
        emit_no_match(t);
    }
}

static bool translate_alu(struct translation *t, const struct classic_insn *c)
{
    uint8_t op = BPF_OP(c->code);

    switch (op) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_MUL:
    case BPF_OR:
    case BPF_AND:
    case BPF_XOR:
        emit(t, (struct bpf_insn){.code = BPF_ALU | op | BPF_SRC(c->code),
                                  .dst_reg = REG_A,
                                  .src_reg = BPF_SRC(c->code) == BPF_X ? REG_X : 0,
                                  .imm = BPF_SRC(c->code) == BPF_X ? 0 : (int32_t)c->k});
        return true;
    case BPF_DIV:
    case BPF_MOD:
        translate_division(t, c, op);
        return true;
    case BPF_LSH:
    case BPF_RSH:
        translate_shift(t, c, op);
        return true;
    case BPF_NEG:
        emit_imm(t, BPF_ALU | BPF_NEG, REG_A, 0);
        return true;
    }
    return false;
}

/* The comparison that is true when `op` is false; 0: there is none. */
static uint8_t opposite(uint8_t op)
{
    switch (op) {
    case BPF_JEQ:
        return BPF_JNE;
    case BPF_JGT:
        return BPF_JLE;
    case BPF_JGE:
        return BPF_JLT;
    }
    return 0;
}

static void emit_compare(struct translation *t, const struct classic_insn *c, uint8_t op,
                         size_t target)
{
    bool with_x = BPF_SRC(c->code) == BPF_X;

    emit_jump(t,
              (struct bpf_insn){.code = BPF_JMP32 | op | BPF_SRC(c->code),
                                .dst_reg = REG_A,
                                .src_reg = with_x ? REG_X : 0,
                                .imm = with_x ? 0 : (int32_t)c->k},
              target);
}

static bool translate_jump(struct translation *t, const struct classic_insn *c, size_t next)
{
    uint8_t op = BPF_OP(c->code);

    if (op == BPF_JA) {
        emit_jump(t, (struct bpf_insn){.code = BPF_JMP | BPF_JA}, t->starts[next + c->k]);
        return true;
    }
    if (op != BPF_JSET && !opposite(op))
        return false;
    if (!c->jt && opposite(op)) {
        emit_compare(t, c, opposite(op), t->starts[next + c->jf]);
        return true;
    }
    emit_compare(t, c, op, t->starts[next + c->jt]);
    if (c->jf)
        emit_jump(t, (struct bpf_insn){.code = BPF_JMP | BPF_JA}, t->starts[next + c->jf]);
    return true;
}

static bool translate_return(struct translation *t, const struct classic_insn *c)
{
    if (BPF_RVAL(c->code) == BPF_K)
        emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_A, c->k != 0);
    else if (BPF_RVAL(c->code) != BPF_A)
        return false;
    emit_imm(t, BPF_JMP | BPF_EXIT, 0, 0);
    return true;
}

static bool translate_misc(struct translation *t, const struct classic_insn *c)
{
    bool to_x = BPF_MISCOP(c->code) == BPF_TAX;

    if (!to_x && BPF_MISCOP(c->code) != BPF_TXA)
        return false;
    emit_reg(t, BPF_ALU | BPF_MOV | BPF_X, to_x ? REG_X : REG_A, to_x ? REG_A : REG_X);
    return true;
}

/* False: it is no instruction. */
static bool translate_insn(struct translation *t, const struct classic_insn *c, size_t next)
{
    switch (BPF_CLASS(c->code)) {
    case BPF_LD:
        return translate_ld(t, c);
    case BPF_LDX:
        return translate_ldx(t, c);
    case BPF_ST:
        emit_memory(t, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, REG_A, memory_offset(c->k));
        return true;
    case BPF_STX:
        emit_memory(t, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, REG_X, memory_offset(c->k));
        return true;
    case BPF_ALU:
        return translate_alu(t, c);
    case BPF_JMP:
        return translate_jump(t, c, next);
    case BPF_RET:
        return translate_return(t, c);
    default:
        return translate_misc(t, c);
    }
}

/* Everything is 0 at first. The jump is never taken: it is there for a program that always
 * matches, whose end the verifier would otherwise find unreachable. */
static void begin(struct translation *t)
{
    emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_A, 0);
    emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_X, 0);
    emit_jump(t, (struct bpf_insn){.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = REG_A},
              t->no_match);
    for (uint32_t word = 0; word < MEMORY_WORDS; word++)
        if (t->memory & 1u << word)
            emit_memory(t, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, memory_offset(word));
}

/* Where the answer is no. What fills the rest is jumped over: the verifier takes out at once what
 * is never reached, but one by one what does nothing, and moves all the rest each time. */
static void end(struct translation *t)
{
    t->no_match = t->count;
    emit_imm(t, BPF_ALU | BPF_MOV | BPF_K, REG_A, 0);
    if (t->count + 2 < t->room)
        emit_jump(t, (struct bpf_insn){.code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = REG_A},
                  t->room - 1);
    while (t->count + 1 < t->room)
        emit_imm(t, BPF_JMP | BPF_JA, 0, 0);
    emit_imm(t, BPF_JMP | BPF_EXIT, 0, 0);
}

/* One pass. The first finds out where everything is, the second jumps there. */
static int pass(struct translation *t, struct nst_error *err)
{
    t->count = 0;
    begin(t);
    for (size_t i = 0; i < t->program->count; i++) {
        const struct classic_insn *c = &t->program->insns[i];

        t->starts[i] = t->count;
        if (t->reached[i] && !translate_insn(t, c, i + 1))
            return nst_fail(err, -EINVAL, "the filter has an unknown instruction 0x%x", c->code);
    }
    end(t);
    if (t->count > t->room)
        return nst_fail(err, -E2BIG,
                        "the filter is too large: it takes %zu instructions, there is room for "
                        "%zu",
                        t->count, t->room);
    return 0;
}

/* The instruction that i jumps over so many to is reached. */
static bool reach(struct translation *t, size_t i, uint32_t over)
{
    if (over >= t->program->count - i - 1)
        return false;
    t->reached[i + 1 + over] = true;
    return true;
}

static bool loads_from_packet(const struct classic_insn *c)
{
    uint8_t mode = BPF_MODE(c->code);

    if (BPF_CLASS(c->code) == BPF_LDX)
        return mode == BPF_MSH;
    return BPF_CLASS(c->code) == BPF_LD && (mode == BPF_ABS || mode == BPF_IND);
}

/* Whether the filter ends here: also where it can only fail. The verifier takes no program with
 * instructions that nothing leads to. */
static bool is_last(const struct classic_insn *c)
{
    bool divides = BPF_OP(c->code) == BPF_DIV || BPF_OP(c->code) == BPF_MOD;

    if (loads_from_packet(c))
        return !in_window(c->k, BPF_CLASS(c->code) == BPF_LDX ? 1 : load_size(c->code));
    if (BPF_CLASS(c->code) == BPF_ALU)
        return divides && BPF_SRC(c->code) == BPF_K && !c->k;
    return BPF_CLASS(c->code) == BPF_RET;
}

static bool follow(struct translation *t, size_t i)
{
    const struct classic_insn *c = &t->program->insns[i];

    if (is_last(c))
        return true;
    if (BPF_CLASS(c->code) != BPF_JMP)
        return reach(t, i, 0);
    if (BPF_OP(c->code) == BPF_JA)
        return reach(t, i, c->k);
    return reach(t, i, c->jt) && reach(t, i, c->jf);
}

static bool uses_memory(const struct classic_insn *c)
{
    uint8_t class = BPF_CLASS(c->code);

    return class == BPF_ST || class == BPF_STX ||
           ((class == BPF_LD || class == BPF_LDX) && BPF_MODE(c->code) == BPF_MEM);
}

static uint32_t most_in_x(const struct classic_insn *c)
{
    if (BPF_CLASS(c->code) == BPF_MISC)
        return BPF_MISCOP(c->code) == BPF_TAX ? UINT32_MAX : 0;
    if (BPF_CLASS(c->code) != BPF_LDX)
        return 0;
    if (BPF_MODE(c->code) == BPF_MSH)
        return MSH_MAX;
    return BPF_MODE(c->code) == BPF_IMM ? c->k : UINT32_MAX;
}

/* Jumps only go forward, so that one look at each instruction is enough. */
static int survey(struct translation *t, struct nst_error *err)
{
    t->reached[0] = true;
    for (size_t i = 0; i < t->program->count; i++) {
        const struct classic_insn *c = &t->program->insns[i];
        uint32_t x;

        if (!t->reached[i])
            continue;
        /* protochain is the one primitive that loops. */
        if (c->code == (BPF_JMP | BPF_JA) && (int32_t)c->k < 0)
            return nst_fail(err, -EINVAL,
                            "the filter has a loop, as protochain makes one: that cannot be done "
                            "in the kernel");
        if (!follow(t, i))
            return nst_fail(err, -EINVAL, "the filter jumps out of itself");
        if (uses_memory(c)) {
            if (c->k >= MEMORY_WORDS)
                return nst_fail(err, -EINVAL, "the filter uses a word %u of memory", c->k);
            t->memory |= 1u << c->k;
        }
        x = most_in_x(c);
        if (x > t->x_max)
            t->x_max = x;
    }
    return 0;
}

int translate(const struct classic_program *program, struct bpf_insn *insns, size_t room,
              uint32_t *bytes, struct nst_error *err)
{
    struct translation t = {
        .program = program,
        .insns = insns,
        .room = room,
        .starts = calloc(program->count + 1, sizeof(*t.starts)),
        .reached = calloc(program->count + 1, sizeof(*t.reached)),
    };
    int error = 0;

    if (!t.starts || !t.reached)
        error = nst_fail(err, -ENOMEM, "no memory for the filter");
    if (!error)
        error = survey(&t, err);
    if (!error)
        error = pass(&t, err);
    if (!error)
        error = pass(&t, err);
    if (!error)
        *bytes = t.bytes;
    free(t.starts);
    free(t.reached);
    return error;
}
