/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/kprobe_event.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TYPE_FILE "/sys/bus/event_source/devices/kprobe/type"
/* Bit 0 of its config, as format/retprobe beside that says. */
#define AT_RETURN 1

int kprobe_event_type(void)
{
    FILE *file = fopen(TYPE_FILE, "re");
    int type = -1;

    if (!file)
        return -1;
    if (fscanf(file, "%d", &type) != 1)
        type = -1;
    fclose(file);
    return type;
}

int kprobe_event_open(int type, const char *function, uint64_t address, bool at_return)
{
    struct perf_event_attr attr = {
        .size = sizeof(attr),
        .type = type,
        .config = at_return ? AT_RETURN : 0,
        .kprobe_func = (uintptr_t)function,
    };
    int fd;

    if (!function)
        attr.kprobe_addr = address;
    fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int kprobe_event_attach(int event, int program, const uint64_t *cookie)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = cookie ? *cookie : 0);

    if (!cookie)
        return ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ? -errno : 0;
    return bpf_link_create(program, event, BPF_PERF_EVENT, &options);
}
