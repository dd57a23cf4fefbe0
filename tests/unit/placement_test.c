/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* On which CPUs the recorder runs. */
#define _GNU_SOURCE
#include "config.h"

#include <sched.h>

#include "capture/clock.h"
#include "capture/placement.h"
#include "tests/unit/tap.h"

#define MIB (UINT64_C(1) << 20)

/* Which of four CPUs are kept, as bits. */
static unsigned chosen(uint64_t a, uint64_t b, uint64_t c, uint64_t d, unsigned allowed)
{
    const uint64_t bytes[] = {a, b, c, d};
    bool may[4], keep[4];
    unsigned bits = 0;

    for (int cpu = 0; cpu < 4; cpu++)
        may[cpu] = allowed & 1u << cpu;
    placement_choose(bytes, may, 4, keep);
    for (int cpu = 0; cpu < 4; cpu++)
        bits |= (unsigned)keep[cpu] << cpu;
    return bits;
}

static void test_choose(struct tap *tap)
{
    tap_ok(tap, chosen(0, 0, 0, 0, 15) == 15, "nobody writes: anywhere");
    tap_ok(tap, chosen(100, 110, 95, 105, 15) == 15, "all write alike: anywhere");
    tap_ok(tap, chosen(400, 0, 0, 0, 15) == 14, "one writes: not there");
    tap_ok(tap, chosen(400, 400, 0, 1, 15) == 12, "two write: not there");
    tap_ok(tap, chosen(400, 0, 0, 0, 3) == 2, "nor where we may not run");
    tap_ok(tap, chosen(400, 0, 0, 0, 1) == 1, "where we only may, we stay");
}

static int cpus_now(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) ? -1 : CPU_COUNT(&set);
}

static void test_look(struct tap *tap)
{
    uint64_t written[CPU_SETSIZE] = {0}, now_ns = NS_PER_S;
    struct placement *p = placement_new(CPU_SETSIZE);
    int before = cpus_now(), busy = sched_getcpu();
    cpu_set_t one;

    if (!p || before < 2 || busy < 0) {
        tap_skip(tap, "off the CPU that writes", "there is one CPU only");
        placement_free(p);
        return;
    }
    placement_look(p, now_ns, written, false);
    written[busy] += 100 * MIB;
    placement_look(p, now_ns += NS_PER_S, written, false);
    tap_ok(tap, cpus_now() == before - 1 && sched_getcpu() != busy, "off the CPU that writes");
    written[busy] += 100 * MIB;
    placement_look(p, now_ns += NS_PER_S, written, true);
    tap_ok(tap, cpus_now() == before, "anywhere when we are behind");
    for (int i = 0; i < 40; i++)
        placement_look(p, now_ns += NS_PER_S, written, false);
    tap_ok(tap, cpus_now() == before, "anywhere again when little is written");
    CPU_ZERO(&one);
    CPU_SET(busy, &one);
    sched_setaffinity(0, sizeof(one), &one);
    written[busy] += 100 * MIB;
    placement_look(p, now_ns += NS_PER_S, written, false);
    tap_ok(tap, cpus_now() == 1 && sched_getcpu() == busy, "where somebody else has put us");
    placement_free(p);
}

int main(void)
{
    struct tap tap = {0};

    test_choose(&tap);
    test_look(&tap);
    return tap_done(&tap);
}
