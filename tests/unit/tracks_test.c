/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is taken out of the table that tracks packets, and when. The table is here what the programs
 * share with the recorder there. */
#include "config.h"

#include <string.h>

#include "capture/clock.h"
#include "capture/tracks.h"
#include "tests/unit/tap.h"

#define SETS    8
#define ENTRIES (SETS * EV_TRACK_WAYS)
#define NOW_NS  (1000 * NS_PER_S)

static struct tap tap;

static struct ev_track_set sets[SETS];
static struct ev_track entries[ENTRIES];
static struct ev_cpu cpu;
static unsigned settled; /* times that programs were waited for... */
static bool hidden;      /* ...with the old entries out of their sight, but not free yet */

struct ev_track_set *attach_track_sets(const struct attachment *attachment, uint32_t *count)
{
    (void)attachment;
    *count = SETS;
    return sets;
}

struct ev_track *attach_tracks(const struct attachment *attachment)
{
    (void)attachment;
    return entries;
}

const volatile struct ev_cpu *attach_cpu_states(const struct attachment *attachment)
{
    (void)attachment;
    return &cpu;
}

uint32_t attach_cpus(const struct attachment *attachment)
{
    (void)attachment;
    return 1;
}

static __u64 *head_of(unsigned i)
{
    return &sets[i / EV_TRACK_WAYS].head[i % EV_TRACK_WAYS];
}

void attach_settle(void)
{
    settled++;
    hidden = *head_of(0) == EV_TRACK_GONE;
}

/* What a program does with a buffer that it sees for the first time. */
static void add(unsigned i, enum ev_track_state state, uint64_t age_ns)
{
    *head_of(i) = 0xffff888000000000 + 2048 * i;
    entries[i] = (struct ev_track){.state = state, .last_ts_ns = NOW_NS - age_ns};
    cpu.tracked++;
}

static bool is_free(unsigned i)
{
    return *head_of(i) == EV_TRACK_FREE;
}

static void begin(void)
{
    memset(sets, 0, sizeof(sets));
    memset(entries, 0, sizeof(entries));
    cpu = (struct ev_cpu){0};
    settled = 0;
}

static void test_sweep(void)
{
    struct tracks *tracks;

    begin();
    tracks = tracks_new(NULL);
    add(0, EV_TRACK_DEAD, 2 * NS_PER_S);
    add(1, EV_TRACK_DEAD, NS_PER_S / 2);
    add(2, EV_TRACK_LIVE, 59 * NS_PER_S);
    add(3, EV_TRACK_LIVE, 61 * NS_PER_S);
    add(4, EV_TRACK_LEFT, 61 * NS_PER_S);
    for (unsigned i = 5; i < ENTRIES / 4 * 3 - 1; i++)
        add(i, EV_TRACK_LIVE, 0);
    tap_ok(&tap, !tracks_sweep(tracks, NOW_NS) && !settled, "there is room: nothing is looked at");
    add(ENTRIES - 1, EV_TRACK_LIVE, 61 * NS_PER_S);
    tap_ok(&tap, tracks_sweep(tracks, NOW_NS) == 2,
           "of those given up, the ones that may have been on their way are counted");
    tap_ok(&tap, settled == 1 && hidden, "what a program may have found is free only after it is done");
    tap_ok(&tap, is_free(0) && is_free(3) && is_free(4) && is_free(ENTRIES - 1),
           "what was freed long ago, or not seen for long, makes room");
    tap_ok(&tap, !is_free(1) && !is_free(2) && !is_free(5), "the rest stays");
    tracks_free(tracks);
}

/* A table full of packets on their way is not swept over and over. */
static void test_pause(void)
{
    struct tracks *tracks;

    begin();
    tracks = tracks_new(NULL);
    for (unsigned i = 0; i < ENTRIES; i++)
        add(i, EV_TRACK_LIVE, 0);
    tap_ok(&tap, !tracks_sweep(tracks, NOW_NS) && settled == 1, "nothing is old: nothing goes");
    tracks_sweep(tracks, NOW_NS + NS_PER_S / 2);
    tap_ok(&tap, settled == 1, "and nothing is looked at again for a second");
    tap_ok(&tap, tracks_sweep(tracks, NOW_NS + 61 * NS_PER_S) == ENTRIES, "until all is old");
    tracks_free(tracks);
}

static void test_size(void)
{
    tap_ok(&tap, tracks_for(1ull << 30) == 65536, "a small host");
    tap_ok(&tap, tracks_for(24ull << 30) == 262144, "a larger one");
    tap_ok(&tap, tracks_for(64ull << 30) == 1048576 && tracks_for(1ull << 40) == 1048576,
           "the largest");
}

int main(void)
{
    test_sweep();
    test_pause();
    test_size();
    return tap_done(&tap);
}
