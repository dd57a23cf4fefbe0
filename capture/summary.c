/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/summary.h"

#include <stdio.h>

bool summary_has_losses(const struct summary *s)
{
    return s->losses.ring || s->losses.recursion || s->lost_disk;
}

void summary_print(const struct summary *s)
{
    fprintf(stderr,
            "%llu events recorded\n"
            "%llu bytes written\n"
            "%llu events lost by the rings\n"
            "%llu events lost by the disk\n",
            (unsigned long long)s->written, (unsigned long long)s->bytes,
            (unsigned long long)s->losses.ring, (unsigned long long)s->lost_disk);
    if (s->losses.recursion_known)
        fprintf(stderr, "%llu events lost by recursion\n",
                (unsigned long long)s->losses.recursion);
    else
        fputs("events lost by recursion: unknown, this kernel does not count them\n", stderr);
}
