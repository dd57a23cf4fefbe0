/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/misses.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stddef.h>

/* struct bpf_link_info as of 6.7 (e2b2cd592ad1, 3acf8ace6823), which is newer than the headers that
 * this is built with. */
struct link_info {
    uint32_t type, id, prog_id, reserved;
    union {
        struct {
            uint64_t addresses;
            uint32_t count, flags;
            uint64_t missed;
        } multi;
        struct {
            uint32_t type, reserved;
            uint64_t name;
            uint32_t name_bytes, offset;
            uint64_t address, missed;
        } kprobe;
    };
};

_Static_assert(offsetof(struct link_info, multi.missed) == 32, "as in the kernel");
_Static_assert(offsetof(struct link_info, kprobe.missed) == 48, "as in the kernel");

bool misses_of_program(int fd, uint64_t *misses)
{
    struct bpf_prog_info info = {0};
    uint32_t length = sizeof(info);

    *misses = 0;
    if (fd < 0)
        return true;
    if (bpf_obj_get_info_by_fd(fd, &info, &length))
        return false;
    /* The kernel says how much of the structure it knows; this member came with 5.12. */
    if (length < offsetof(struct bpf_prog_info, recursion_misses) + sizeof(info.recursion_misses))
        return false;
    *misses = info.recursion_misses;
    return true;
}

/* A kernel that does not count writes less of the structure. */
uint64_t misses_of_link(int fd, bool multi)
{
    struct link_info info = {0};
    uint32_t bytes = sizeof(info);

    if (bpf_obj_get_info_by_fd(fd, &info, &bytes))
        return 0;
    return multi ? info.multi.missed : info.kprobe.missed;
}
