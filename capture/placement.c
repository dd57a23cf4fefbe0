/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "config.h"

#include "capture/placement.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "capture/clock.h"

#define LOOK_NS (200 * NS_PER_MS)
/* Of all CPUs together in that time: recording less takes no time worth moving for. */
#define BYTES_WORTH_IT (1u << 20)

struct placement {
    uint32_t cpus;
    size_t size;             /* of the sets */
    cpu_set_t *first, *last; /* where we might run at the start, and as we set it last */
    cpu_set_t *now;
    uint64_t *written; /* at the last look */
    uint64_t *bytes;   /* since then, and less and less of what was before */
    bool *allowed, *keep;
    uint64_t looked_ns;
    bool left_alone;
};

struct placement *placement_new(uint32_t cpus)
{
    struct placement *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->cpus = cpus;
    p->size = CPU_ALLOC_SIZE(cpus);
    p->first = CPU_ALLOC(cpus);
    p->last = CPU_ALLOC(cpus);
    p->now = CPU_ALLOC(cpus);
    p->written = calloc(cpus, sizeof(*p->written));
    p->bytes = calloc(cpus, sizeof(*p->bytes));
    p->allowed = calloc(cpus, sizeof(*p->allowed));
    p->keep = calloc(cpus, sizeof(*p->keep));
    if (p->first && p->last && p->now && p->written && p->bytes && p->allowed && p->keep &&
        sched_getaffinity(0, p->size, p->first) == 0) {
        memcpy(p->last, p->first, p->size);
        for (uint32_t cpu = 0; cpu < cpus; cpu++)
            p->allowed[cpu] = CPU_ISSET_S(cpu, p->size, p->first);
        return p;
    }
    placement_free(p);
    return NULL;
}

void placement_free(struct placement *p)
{
    if (!p)
        return;
    CPU_FREE(p->first);
    CPU_FREE(p->last);
    CPU_FREE(p->now);
    free(p->written);
    free(p->bytes);
    free(p->allowed);
    free(p->keep);
    free(p);
}

static uint64_t sum(const uint64_t *bytes, const bool *of, uint32_t cpus, uint32_t *count)
{
    uint64_t all = 0;

    *count = 0;
    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        *count += of[cpu];
        all += of[cpu] ? bytes[cpu] : 0;
    }
    return all;
}

/* Half as much again as the mean is a lot. */
void placement_choose(const uint64_t *bytes, const bool *allowed, uint32_t cpus, bool *keep)
{
    uint32_t count;
    uint64_t all = sum(bytes, allowed, cpus, &count);

    for (uint32_t cpu = 0; cpu < cpus; cpu++)
        keep[cpu] = allowed[cpu] && bytes[cpu] <= all / count + all / count / 2;
}

static void gather(struct placement *p, const uint64_t *written)
{
    for (uint32_t cpu = 0; cpu < p->cpus; cpu++) {
        p->bytes[cpu] = p->bytes[cpu] / 2 + (written[cpu] - p->written[cpu]);
        p->written[cpu] = written[cpu];
    }
}

static void move(struct placement *p, const bool *keep)
{
    CPU_ZERO_S(p->size, p->now);
    for (uint32_t cpu = 0; cpu < p->cpus; cpu++)
        if (keep[cpu])
            CPU_SET_S(cpu, p->size, p->now);
    if (CPU_EQUAL_S(p->size, p->now, p->last))
        return;
    memcpy(p->last, p->now, p->size);
    if (sched_setaffinity(0, p->size, p->now))
        p->left_alone = true;
}

void placement_look(struct placement *p, uint64_t now_ns, const uint64_t *written, bool behind)
{
    uint32_t count;

    if (p->left_alone || now_ns - p->looked_ns < LOOK_NS)
        return;
    p->looked_ns = now_ns;
    if (sched_getaffinity(0, p->size, p->now) || !CPU_EQUAL_S(p->size, p->now, p->last)) {
        p->left_alone = true;
        return;
    }
    gather(p, written);
    placement_choose(p->bytes, p->allowed, p->cpus, p->keep);
    if (behind || sum(p->bytes, p->allowed, p->cpus, &count) < BYTES_WORTH_IT)
        memcpy(p->keep, p->allowed, p->cpus * sizeof(*p->keep));
    move(p, p->keep);
}
