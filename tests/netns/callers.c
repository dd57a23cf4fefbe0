/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* callers COUNT: sends a packet each by so many BPF programs, to the loopback device, so that as
 * many different functions led to them. */
#include "config.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOPBACK 1

static int call_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
    int result = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

    return result < 0 ? -errno : result;
}

/* bpf_clone_redirect(skb, LOOPBACK, 0) */
static int load(void)
{
    static const struct bpf_insn insns[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = LOOPBACK},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_clone_redirect},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attr = {
        .prog_type = BPF_PROG_TYPE_SCHED_CLS,
        .insn_cnt = sizeof(insns) / sizeof(*insns),
        .insns = (uintptr_t)insns,
        .license = (uintptr_t) "GPL",
    };

    return call_bpf(BPF_PROG_LOAD, &attr);
}

/* An IPv4 header, and no more, of a protocol for experiments. */
static int run(int program)
{
    static const uint8_t packet[ETH_HLEN + 20] = {
        [12] = 0x08, [14] = 0x45, [17] = 20, [22] = 64, [23] = 253};
    union bpf_attr attr = {.test = {.prog_fd = program,
                                    .data_size_in = sizeof(packet),
                                    .data_in = (uintptr_t)packet}};

    return call_bpf(BPF_PROG_TEST_RUN, &attr);
}

int main(int argc, char **argv)
{
    int count = argc == 2 ? atoi(argv[1]) : 0;
    struct rlimit limit = {count + 100, count + 100};
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    setrlimit(RLIMIT_NOFILE, &limit);
    /* Until 5.11 programs count as locked memory. */
    setrlimit(RLIMIT_MEMLOCK, &unlimited);
    for (int i = 0; i < count; i++) {
        /* Never closed: another one must not get its place in memory. */
        int program = load(), error = program < 0 ? program : run(program);

        if (error) {
            fprintf(stderr, "callers: %s\n", strerror(-error));
            return 1;
        }
    }
    return 0;
}
