/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sightings of a packet the export takes for passings. */
#include "config.h"

#include "analyze/dedup.h"
#include "tests/unit/tap.h"

#define IN      PCAPNG_DIRECTION_IN
#define OUT     PCAPNG_DIRECTION_OUT
#define UNKNOWN PCAPNG_DIRECTION_UNKNOWN

static bool counts(struct dedup *s, uint64_t journey, uint32_t interface,
                   enum pcapng_direction direction, uint16_t probe)
{
    struct dedup_sighting where = {.interface = interface, .direction = direction, .probe = probe};

    return dedup_keeps(s, journey, &where);
}

static void test_rules(struct tap *tap, struct dedup *s)
{
    struct dedup_sighting where = {.interface = 5, .direction = OUT, .probe = 1, .loopback = true};

    tap_ok(tap, counts(s, 1, 2, OUT, 1), "a packet counts where it is new");
    tap_ok(tap, !counts(s, 1, 2, OUT, 2), "but not at another probe of the device and direction");
    tap_ok(tap, counts(s, 1, 2, OUT, 1), "at the same probe it has passed again");
    tap_ok(tap, counts(s, 1, 2, IN, 3), "the other direction is another passing");
    tap_ok(tap, counts(s, 1, 3, OUT, 1), "another device too");
    tap_ok(tap, counts(s, 2, 2, OUT, 2), "and another packet");
    tap_ok(tap, !counts(s, 1, 2, UNKNOWN, 4), "without a direction it does not count again");
    tap_ok(tap,
           counts(s, 1, 4, UNKNOWN, 4) && !counts(s, 1, 4, UNKNOWN, 5) &&
               counts(s, 1, 4, UNKNOWN, 4),
           "but where it is new");
    tap_ok(tap, counts(s, 0, 2, OUT, 1) && counts(s, 0, 2, OUT, 2), "what is not tracked counts");

    tap_ok(tap, dedup_keeps(s, 1, &where), "loopback: on its way out");
    where.direction = IN;
    where.probe = 3;
    tap_ok(tap, !dedup_keeps(s, 1, &where), "loopback: not on its way in");
    where = (struct dedup_sighting){.origin = 1, .interface = 2, .direction = OUT, .probe = 2};
    tap_ok(tap, dedup_keeps(s, 1, &where), "another capture's packets are others");
}

/* A broadcast on a bridge with thousands of ports. */
static void test_many_places(struct tap *tap, struct dedup *s)
{
    bool ok = true;

    for (uint32_t i = 0; i < 5000; i++)
        ok = ok && counts(s, 1000, i, OUT, 1);
    tap_ok(tap, ok, "a packet at 5,000 devices counts at each");
    for (uint32_t i = 0; i < 5000; i++)
        ok = ok && !counts(s, 1000, i, OUT, 2);
    tap_ok(tap, ok, "and is known at each");
}

/* Ids as the recorder makes them, from the time and the CPU. */
static uint64_t id_of(uint64_t i)
{
    return (i * 300 + i % 7) << 2 | i % 4;
}

static void test_memory(struct tap *tap, struct dedup *s)
{
    const uint64_t first = 1000000, last = first + 3 * DEDUP_MAX;
    bool ok = true;

    for (uint64_t i = first; i < last; i++)
        ok = ok && counts(s, id_of(i), 1, OUT, 1) && !counts(s, id_of(i), 1, OUT, 2);
    tap_ok(tap, ok, "many packets, each known at once");
    for (uint64_t i = last - DEDUP_MAX; i < last; i++)
        ok = ok && !counts(s, id_of(i), 1, OUT, 2);
    tap_ok(tap, ok, "the last DEDUP_MAX of them are known in the end");
    for (uint64_t i = first; i < first + DEDUP_MAX; i++)
        ok = ok && counts(s, id_of(i), 1, OUT, 2);
    tap_ok(tap, ok, "the first are not, and come in anew");
}

int main(void)
{
    struct tap tap = {0};
    struct dedup s;

    if (!dedup_init(&s))
        return 1;
    test_rules(&tap, &s);
    test_many_places(&tap, &s);
    test_memory(&tap, &s);
    dedup_free(&s);
    return tap_done(&tap);
}
