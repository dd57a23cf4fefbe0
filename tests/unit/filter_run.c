/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "tests/unit/filter_run.h"

#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/event.h"
#include "capture/translate.h"

/* Where the interpreter has things, so that no address is valid by accident. */
#define BYTES_AT    0x100000000ULL
#define STACK_AT    0x200000000ULL
#define STACK_BYTES 64

/* Most filters find room in this, and the kernel is done with them sooner. */
#define FEW_INSNS 256

struct filter_run {
    struct bpf_insn insns[EV_FILTER_INSNS];
    size_t count;
    uint32_t bytes;
    int map, program; /* -1: not loaded */
};

/* What the program sees of the outside. Nothing stands behind the bytes, so that the verifier
 * refuses what could load from there. */
struct packet {
    uint32_t caplen, len;
    uint8_t bytes[EV_WINDOW_BYTES];
};

struct machine {
    uint64_t r[11];
    const uint8_t *bytes;
    uint8_t stack[STACK_BYTES];
    bool wrong;
};

struct filter_run *filter_run_new(const struct classic_program *program, struct nst_error *err)
{
    struct filter_run *run = calloc(1, sizeof(*run));
    int error;

    if (!run)
        return NULL;
    run->map = run->program = -1;
    run->count = FEW_INSNS;
    error = translate(program, run->insns, run->count, &run->bytes, err);
    if (error == -E2BIG) {
        run->count = EV_FILTER_INSNS;
        error = translate(program, run->insns, run->count, &run->bytes, err);
    }
    if (!error)
        return run;
    free(run);
    return NULL;
}

void filter_run_free(struct filter_run *run)
{
    if (!run)
        return;
    if (run->map >= 0)
        close(run->map);
    if (run->program >= 0)
        close(run->program);
    free(run);
}

uint32_t filter_run_bytes(const struct filter_run *run)
{
    return run->bytes;
}

static uint32_t size_of(const struct bpf_insn *i)
{
    return BPF_SIZE(i->code) == BPF_W ? 4 : BPF_SIZE(i->code) == BPF_H ? 2 : 1;
}

/* Memory at an address; NULL: nothing is there. */
static void *memory(struct machine *m, uint64_t address, uint32_t size, bool write)
{
    uint64_t in_stack = address - (STACK_AT - STACK_BYTES), in_bytes = address - BYTES_AT;

    if (in_stack <= STACK_BYTES - size)
        return m->stack + in_stack;
    if (!write && in_bytes <= EV_WINDOW_BYTES - size)
        return (uint8_t *)m->bytes + in_bytes;
    m->wrong = true;
    return NULL;
}

static void load(struct machine *m, const struct bpf_insn *i)
{
    uint32_t size = size_of(i);
    const void *from = memory(m, m->r[i->src_reg] + (uint64_t)(int64_t)i->off, size, false);
    uint32_t word;
    uint16_t half;

    if (!from)
        return;
    if (size == 4)
        m->r[i->dst_reg] = *(const uint32_t *)memcpy(&word, from, 4);
    else if (size == 2)
        m->r[i->dst_reg] = *(const uint16_t *)memcpy(&half, from, 2);
    else
        m->r[i->dst_reg] = *(const uint8_t *)from;
}

static void store(struct machine *m, const struct bpf_insn *i)
{
    void *to = memory(m, m->r[i->dst_reg] + (uint64_t)(int64_t)i->off, 4, true);
    uint32_t word = BPF_CLASS(i->code) == BPF_ST ? (uint32_t)i->imm : (uint32_t)m->r[i->src_reg];

    if (!to || size_of(i) != 4)
        m->wrong = true;
    else
        memcpy(to, &word, 4);
}

static uint64_t calculate(struct machine *m, uint8_t op, uint64_t a, uint64_t b)
{
    switch (op) {
    case BPF_ADD:
        return a + b;
    case BPF_SUB:
        return a - b;
    case BPF_MUL:
        return a * b;
    case BPF_OR:
        return a | b;
    case BPF_AND:
        return a & b;
    case BPF_XOR:
        return a ^ b;
    case BPF_MOV:
        return b;
    case BPF_NEG:
        return 0 - a;
    case BPF_LSH:
        return a << (b & 31);
    case BPF_RSH:
        return a >> (b & 31);
    case BPF_DIV:
        m->wrong |= !b;
        return b ? a / b : 0;
    case BPF_MOD:
        m->wrong |= !b;
        return b ? a % b : 0;
    }
    m->wrong = true;
    return 0;
}

static void alu(struct machine *m, const struct bpf_insn *i)
{
    uint64_t b = BPF_SRC(i->code) == BPF_X ? m->r[i->src_reg] : (uint64_t)(int64_t)i->imm;
    uint64_t *a = &m->r[i->dst_reg];

    if (BPF_OP(i->code) == BPF_END)
        *a = i->imm == 16 ? be16toh((uint16_t)*a) : be32toh((uint32_t)*a);
    else if (BPF_CLASS(i->code) == BPF_ALU64)
        *a = calculate(m, BPF_OP(i->code), *a, b);
    else
        *a = (uint32_t)calculate(m, BPF_OP(i->code), (uint32_t)*a, (uint32_t)b);
}

static bool taken(struct machine *m, const struct bpf_insn *i)
{
    uint64_t a = m->r[i->dst_reg];
    uint64_t b = BPF_SRC(i->code) == BPF_X ? m->r[i->src_reg] : (uint64_t)(int64_t)i->imm;

    if (BPF_CLASS(i->code) == BPF_JMP32) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    switch (BPF_OP(i->code)) {
    case BPF_JA:
        return true;
    case BPF_JEQ:
        return a == b;
    case BPF_JNE:
        return a != b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    case BPF_JLT:
        return a < b;
    case BPF_JLE:
        return a <= b;
    case BPF_JSET:
        return a & b;
    }
    m->wrong = true;
    return false;
}

int filter_run_here(const struct filter_run *run, const uint8_t *bytes, uint32_t caplen,
                    uint32_t len)
{
    struct packet packet = {0};
    struct machine m = {.bytes = packet.bytes};

    memset(packet.bytes, 0xa5, sizeof(packet.bytes));
    memcpy(packet.bytes, bytes, caplen < EV_WINDOW_BYTES ? caplen : EV_WINDOW_BYTES);
    m.r[BPF_REG_1] = BYTES_AT;
    m.r[BPF_REG_2] = caplen < EV_WINDOW_BYTES ? caplen : EV_WINDOW_BYTES;
    m.r[BPF_REG_3] = len;
    m.r[BPF_REG_10] = STACK_AT;
    for (size_t at = 0; at < run->count && !m.wrong; at++) {
        const struct bpf_insn *i = &run->insns[at];

        switch (BPF_CLASS(i->code)) {
        case BPF_LDX:
            load(&m, i);
            break;
        case BPF_ST:
        case BPF_STX:
            store(&m, i);
            break;
        case BPF_ALU:
        case BPF_ALU64:
            alu(&m, i);
            break;
        case BPF_JMP:
        case BPF_JMP32:
            if (BPF_OP(i->code) == BPF_EXIT)
                return m.r[0] != 0;
            if (taken(&m, i))
                at += (size_t)(int64_t)i->off;
            break;
        default:
            return -1;
        }
    }
    return -1;
}

/* The filter's arguments from a map: what filter_matches() does. */
static size_t put_arguments(struct bpf_insn *to, int map)
{
    const struct bpf_insn insns[] = {
        {.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},
        {.code = BPF_LD | BPF_IMM | BPF_DW,
         .dst_reg = BPF_REG_1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = map},
        {0},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
        {.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_0, .off = 1},
        {.code = BPF_JMP | BPF_EXIT},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K,
         .dst_reg = BPF_REG_1,
         .imm = offsetof(struct packet, bytes)},
        {.code = BPF_LDX | BPF_MEM | BPF_W,
         .dst_reg = BPF_REG_2,
         .src_reg = BPF_REG_0,
         .off = offsetof(struct packet, caplen)},
        {.code = BPF_LDX | BPF_MEM | BPF_W,
         .dst_reg = BPF_REG_3,
         .src_reg = BPF_REG_0,
         .off = offsetof(struct packet, len)},
    };

    memcpy(to, insns, sizeof(insns));
    return sizeof(insns) / sizeof(insns[0]);
}

bool filter_run_load(struct filter_run *run)
{
    struct bpf_insn *insns = calloc(EV_FILTER_INSNS + 16, sizeof(*insns));
    size_t count;

    run->map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "packet", sizeof(uint32_t), sizeof(struct packet),
                              1, NULL);
    if (insns && run->map >= 0) {
        count = put_arguments(insns, run->map);
        memcpy(insns + count, run->insns, run->count * sizeof(*insns));
        run->program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "filter", "Dual BSD/GPL", insns,
                                     count + run->count, NULL);
    }
    free(insns);
    return run->program >= 0;
}

int filter_run_in_kernel(const struct filter_run *run, const uint8_t *bytes, uint32_t caplen,
                         uint32_t len)
{
    LIBBPF_OPTS(bpf_test_run_opts, opts);
    struct packet packet = {.caplen = caplen < EV_WINDOW_BYTES ? caplen : EV_WINDOW_BYTES,
                            .len = len};
    uint32_t zero = 0;

    memcpy(packet.bytes, bytes, packet.caplen);
    if (bpf_map_update_elem(run->map, &zero, &packet, BPF_ANY) ||
        bpf_prog_test_run_opts(run->program, &opts))
        return -1;
    return opts.retval != 0;
}
