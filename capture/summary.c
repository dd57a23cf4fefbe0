/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/summary.h"

#include <stdio.h>

bool summary_has_losses(const struct summary *s)
{
    return s->losses.ring || s->losses.recursion || s->losses.missed || s->lost_disk ||
           s->lost_reader;
}

static void print_count(uint64_t count, const char *of)
{
    fprintf(stderr, "%llu %s\n", (unsigned long long)count, of);
}

static void print_unknown(const char *of)
{
    fprintf(stderr, "%s: unknown, this kernel does not count them\n", of);
}

/* The disk is full, say; the reader went away, or was too slow in the end. */
static void print_lost_output(const struct summary *s)
{
    if (s->reader_of)
        fprintf(stderr, "%llu events lost by the reader of %s%s\n",
                (unsigned long long)s->lost_reader, s->reader_of,
                s->reader_gone ? ", which went away" : "");
    if (s->to_disk)
        print_count(s->lost_disk, "events lost by the disk");
}

void summary_print(const struct summary *s)
{
    print_count(s->written, "events recorded");
    if (s->kept)
        print_count(s->bytes, "bytes written");
    if (s->live)
        print_count(s->skipped, "events not shown");
    print_count(s->losses.ring, "events lost by the rings");
    if (s->kept)
        print_lost_output(s);
    if (s->losses.recursion_known)
        print_count(s->losses.recursion, "events lost by recursion");
    else
        print_unknown("events lost by recursion");
    if (s->losses.kprobes && s->losses.missed_known)
        print_count(s->losses.missed, "events lost by missed kprobes");
    else if (s->losses.kprobes)
        print_unknown("events lost by missed kprobes");
}
