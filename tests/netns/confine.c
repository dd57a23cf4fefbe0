/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * confine CALLS FAMILIES COMMAND...: runs it as a systemd unit does that allows only these system
 * calls and address families, namespaces of the network, and no memory that is both written and
 * executed. Lists have commas between. Status 77: built without libseccomp.
 */
#include "config.h"

#include <stdio.h>

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static scmp_filter_ctx filter;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void allow(int call, unsigned count, struct scmp_arg_cmp condition)
{
    errno = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, count, condition);
    if (errno)
        fail("seccomp_rule_add");
}

static void allow_memory(void)
{
    const unsigned both = PROT_WRITE | PROT_EXEC;

    allow(SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, both, 0));
    allow(SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_WRITE));
    allow(SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC));
    allow(SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static void allow_calls(char *names)
{
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        int call = seccomp_syscall_resolve_name(name);

        if (call == __NR_SCMP_ERROR || call == SCMP_SYS(socket))
            continue;
        if (call == SCMP_SYS(mmap) || call == SCMP_SYS(mprotect))
            allow_memory();
        else if (call == SCMP_SYS(setns))
            allow(call, 1, SCMP_A1(SCMP_CMP_EQ, CLONE_NEWNET));
        else
            allow(call, 0, (struct scmp_arg_cmp){0});
    }
}

static void allow_families(char *names)
{
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        int family = !strcmp(name, "AF_UNIX")      ? AF_UNIX
                     : !strcmp(name, "AF_NETLINK") ? AF_NETLINK
                     : !strcmp(name, "AF_INET")    ? AF_INET
                                                   : AF_UNSPEC;

        allow(SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 1;
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        fail("seccomp_init");
    allow_calls(argv[1]);
    allow_families(argv[2]);
    errno = -seccomp_load(filter);
    if (errno)
        fail("seccomp_load");
    execvp(argv[3], argv + 3);
    fail(argv[3]);
}

#else

int main(void)
{
    fputs("confine: built without libseccomp\n", stderr);
    return 77;
}

#endif
