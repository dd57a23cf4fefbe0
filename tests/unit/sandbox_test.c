/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the recorder's seccomp filters refuse, and that they let pass what recording takes. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/sandbox.h"
#include "tests/unit/tap.h"

static struct tap tap;

/* What a process in the sandbox did. */
enum {
    COULD_WRITE = 1,
    COULD_LOOK_UP = 2, /* it got to be told that there is no such map */
    COULD_LOAD = 4,
    COULD_MAKE_SOCKET = 8,
    COULD_ASK_NAMESPACE = 16,
    COULD_EXECUTE = 32,
    COULD_ASK_DEVICES = 64,
    FAILED = 128,
};

static bool is_refused(long result)
{
    return result < 0 && errno == EPERM;
}

static long call_bpf(enum bpf_cmd command)
{
    union bpf_attr attr = {.map_fd = (__u32)-1};

    return syscall(SYS_bpf, command, &attr, sizeof(attr));
}

/* Each call would fail, but not with EPERM; those of BPF perhaps so, where not everybody may. */
static int try_calls(void)
{
    int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), could = 0;
    char *const nothing[] = {NULL};

    if (write(STDERR_FILENO, "", 0) == 0)
        could |= COULD_WRITE;
    if (call_bpf(BPF_MAP_LOOKUP_ELEM) < 0 && errno == EBADF)
        could |= COULD_LOOK_UP;
    if (!is_refused(call_bpf(BPF_PROG_LOAD)))
        could |= COULD_LOAD;
    if (!is_refused(socket(AF_UNIX, SOCK_DGRAM, 0)))
        could |= COULD_MAKE_SOCKET;
    if (!is_refused(socket(AF_NETLINK, SOCK_RAW, 0)))
        could |= COULD_ASK_DEVICES;
    if (!is_refused(ioctl(self, NS_GET_NSTYPE)))
        could |= COULD_ASK_NAMESPACE;
    if (!is_refused(execve("/nonexistent", nothing, nothing)))
        could |= COULD_EXECUTE;
    return could;
}

/* In a process of its own, which does not come back from there. */
static int try_sandbox(const struct sandbox_options *options)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(options && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox_enter(options, NULL))
                  ? FAILED
                  : try_calls());
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : FAILED;
}

static void test_calls(void)
{
    static const struct sandbox_options plain, finds_netns = {.finds_netns = true},
                                               inventory = {.is_inventory = true};
    int before = try_sandbox(NULL), usual = COULD_WRITE | (before & COULD_LOOK_UP);

    tap_ok(&tap,
           (before | COULD_LOOK_UP | COULD_LOAD) ==
               (COULD_WRITE | COULD_LOOK_UP | COULD_LOAD | COULD_MAKE_SOCKET | COULD_ASK_NAMESPACE |
                COULD_EXECUTE | COULD_ASK_DEVICES),
           "without a filter these calls are not refused");
    tap_ok(&tap, try_sandbox(&plain) == usual, "what recording does not take is refused");
    tap_ok(&tap,
           try_sandbox(&finds_netns) ==
               (usual | COULD_MAKE_SOCKET | COULD_ASK_NAMESPACE | COULD_ASK_DEVICES),
           "to find namespaces takes more, and it has no more than that");
    tap_ok(&tap, try_sandbox(&inventory) == (COULD_ASK_NAMESPACE | COULD_ASK_DEVICES),
           "the inventory asks namespaces and their devices, and writes nothing");
}

int main(void)
{
#if defined(HAVE_SECCOMP) && !defined(__SANITIZE_ADDRESS__)
    if (prctl(PR_GET_SECCOMP) < 0)
        tap_skip(&tap, "what is refused", "this kernel has no seccomp");
    else
        test_calls();
#else
    (void)test_calls;
    tap_skip(&tap, "what is refused", "built without libseccomp, or with a sanitizer");
#endif
    return tap_done(&tap);
}
