/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was added to a set of journeys is in it, and nothing else. */
#include "config.h"

#include "analyze/journey_set.h"
#include "tests/unit/tap.h"

#define JOURNEYS 200000u

/* As the recorder makes them, from the time and the CPU; every other one is not in the set. */
static uint64_t id_of(uint64_t i)
{
    return (i * 300 + i % 7) << 10 | i % 4;
}

int main(void)
{
    struct journey_set set = {0};
    struct tap tap = {0};
    bool ok = true;

    tap_ok(&tap, !journey_set_has(&set, 1), "nothing is in an empty set");
    for (uint64_t i = 0; i < JOURNEYS; i++)
        ok &= journey_set_add(&set, id_of(2 * i)) && journey_set_add(&set, id_of(i / 2 * 2));
    tap_ok(&tap, ok && set.count == JOURNEYS, "each is in it once, however often it is added");
    for (uint64_t i = 0; i < JOURNEYS; i++)
        ok &= journey_set_has(&set, id_of(2 * i)) && !journey_set_has(&set, id_of(2 * i + 1));
    tap_ok(&tap, ok, "those are in it, and no others");
    tap_ok(&tap, journey_set_add(&set, UINT64_MAX) && journey_set_has(&set, UINT64_MAX),
           "ids use all of their bits");
    journey_set_free(&set);
    tap_ok(&tap, !journey_set_has(&set, id_of(0)), "it is empty once it was freed");
    return tap_done(&tap);
}
