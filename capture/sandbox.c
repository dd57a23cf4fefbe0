/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/sandbox.h"

/* LeakSanitizer traces its own process when that ends. */
#if defined(HAVE_SECCOMP) && !defined(__SANITIZE_ADDRESS__)

#include <errno.h>
#include <linux/bpf.h>
#include <linux/nsfs.h>
#include <linux/perf_event.h>
#include <seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "capture/inventory/netns_file.h"
#include "format/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A call that an architecture does not have is passed over by libseccomp. */

/* What both processes do. */
static const int common[] = {
    /* files */
    SCMP_SYS(read),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(stat),
    SCMP_SYS(stat64),
    SCMP_SYS(statx),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    /* each other */
    SCMP_SYS(send),
    SCMP_SYS(sendto),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(mmap2),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mprotect),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    /* the end */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(tgkill),
};

static const int recording[] = {
    /* the file: written, ended, the next one begun, the oldest removed */
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pread64),
    SCMP_SYS(fallocate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64),
    SCMP_SYS(fchmod),
    SCMP_SYS(flock),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(geteuid),
    SCMP_SYS(geteuid32),
    SCMP_SYS(fadvise64),
    /* waiting */
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(membarrier),
    /* the end, also of the processes that we started */
    SCMP_SYS(kill),
    SCMP_SYS(waitid),
    SCMP_SYS(wait4),
    SCMP_SYS(waitpid),
};

/* Into namespaces, and what they are. */
static const int entering[] = {
    SCMP_SYS(setns),
    SCMP_SYS(getsockopt),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fstatfs64),
    SCMP_SYS(getdents64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    /* where socket() and its like are one call, it cannot be looked into */
    SCMP_SYS(socketcall),
};

/* What netlink says of their devices; what runtimes wrote. The inventory writes to no file, and
 * starts nothing. */
static const int looking[] = {
    SCMP_SYS(openat2), SCMP_SYS(name_to_handle_at), SCMP_SYS(dup),
    SCMP_SYS(bind),    SCMP_SYS(setsockopt),        SCMP_SYS(recvmsg),
};

/* What maps hold, and how often a program was passed over. */
static const unsigned bpf_commands[] = {
    BPF_MAP_LOOKUP_ELEM,  BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM,    BPF_MAP_GET_NEXT_KEY,
    BPF_MAP_LOOKUP_BATCH, BPF_MAP_DELETE_BATCH, BPF_OBJ_GET_INFO_BY_FD,
};

static int allow(scmp_filter_ctx filter, const int *list, size_t count)
{
    int error = 0;

    for (size_t i = 0; !error && i < count; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
    return error;
}

static int allow_ioctl(scmp_filter_ctx filter, unsigned long request)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_EQ, request));
}

static int allow_entering(scmp_filter_ctx filter)
{
    int error = allow(filter, entering, COUNT(entering));

    return error ? error : allow_ioctl(filter, NS_GET_NSTYPE);
}

static int allow_recording(scmp_filter_ctx filter, const struct sandbox_options *options)
{
    int error = allow(filter, recording, COUNT(recording));

    for (size_t i = 0; !error && i < COUNT(bpf_commands); i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
                                 SCMP_A0(SCMP_CMP_EQ, bpf_commands[i]));
    /* How kprobes are detached where there are no BPF links of theirs. */
    if (!error)
        error = allow_ioctl(filter, PERF_EVENT_IOC_DISABLE);
    if (!error && options->finds_netns)
        error = allow_entering(filter);
    if (!error && options->finds_netns)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 0);
    return error;
}

static int allow_looking(scmp_filter_ctx filter)
{
    int error = allow(filter, looking, COUNT(looking));

    if (!error)
        error = allow_entering(filter);
    if (!error)
        error = allow_ioctl(filter, NS_GET_USERNS);
    if (!error)
        error = allow_ioctl(filter, NS_GET_OWNER_UID);
    /* Whether a process is there. */
    if (!error)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, SCMP_A1(SCMP_CMP_EQ, 0));
    if (!error)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                 SCMP_A0(SCMP_CMP_EQ, AF_NETLINK));
    /* By its handle a namespace, and no file. */
    if (!error)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open_by_handle_at), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)NETNS_FILE_FD_NSFS));
    return error;
}

int sandbox_enter(const struct sandbox_options *options, struct nst_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? allow(filter, common, COUNT(common)) : -ENOMEM;

    if (!error)
        error = options->is_inventory ? allow_looking(filter) : allow_recording(filter, options);
    if (!error)
        error = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    /* A kernel without seccomp (CONFIG_SECCOMP_FILTER) still has the rest. */
    if (error && error != -EINVAL && error != -ENOSYS)
        return nst_fail(err, error, "cannot restrict the system calls: %s", strerror(-error));
    return 0;
}

#else

int sandbox_enter(const struct sandbox_options *options, struct nst_error *err)
{
    (void)options;
    (void)err;
    return 0;
}

#endif
