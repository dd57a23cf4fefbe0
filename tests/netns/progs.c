/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* progs ID...: prints those of these BPF programs that the kernel still has. */
#include "config.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    union bpf_attr attr;

    for (int i = 1; i < argc; i++) {
        memset(&attr, 0, sizeof(attr));
        attr.prog_id = (unsigned)strtoul(argv[i], NULL, 10);
        if (syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr)) >= 0) {
            printf("%s\n", argv[i]);
        } else if (errno != ENOENT) {
            fprintf(stderr, "progs: %s: %s\n", argv[i], strerror(errno));
            return 1;
        }
    }
    return 0;
}
