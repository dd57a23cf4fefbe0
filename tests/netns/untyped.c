/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * untyped COMMAND...: runs it where no BPF program can be loaded that gets the kernel's own types,
 * as tp_btf's are; all others can. Ends with its status.
 */
#include "config.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of an argument of a system call. */
#define LOW_HALF (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4)
/* How late the command's end may be seen. */
#define TICK_MS 20

/* From now on a descriptor tells of each program that is to be loaded by us or our children. */
static int watch_loads(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]) + LOW_HALF),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_PROG_LOAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                        &program);
}

/* The type stands in the caller's memory, where a filter cannot read it. */
static uint32_t program_type(const struct seccomp_notif *call)
{
    uint32_t type = BPF_PROG_TYPE_UNSPEC;
    struct iovec here = {&type, sizeof(type)};
    struct iovec there = {(void *)(uintptr_t)call->data.args[1], sizeof(type)};

    _Static_assert(offsetof(union bpf_attr, prog_type) == 0, "prog_type");
    process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0);
    return type;
}

static void answer(int listener)
{
    struct seccomp_notif call = {0};
    struct seccomp_notif_resp response = {0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
        return;
    response.id = call.id;
    if (program_type(&call) == BPF_PROG_TYPE_TRACING)
        response.error = -EINVAL;
    else
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int answer_until_end(int listener, pid_t child)
{
    struct pollfd calls = {.fd = listener, .events = POLLIN};
    int status;

    while (waitpid(child, &status, WNOHANG) == 0)
        if (poll(&calls, 1, TICK_MS) > 0)
            answer(listener);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    int listener = argc > 1 ? watch_loads() : -1;
    pid_t child = listener >= 0 ? fork() : -1;

    if (child > 0)
        return answer_until_end(listener, child);
    if (child == 0)
        execvp(argv[1], argv + 1);
    fprintf(stderr, "untyped: %s\n", argc > 1 ? strerror(errno) : "a command is missing");
    return 2;
}
