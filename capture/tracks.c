/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/tracks.h"

#include <stdbool.h>
#include <stdlib.h>

#include "capture/clock.h"

/* A freed buffer unused for so long may be forgotten: none of our programs is about to use its
 * entry. */
#define DEAD_NS (1 * NS_PER_S)
/* A packet unseen for so long is given up, as the BPF side would. */
#define UNSEEN_NS (60 * NS_PER_S)
/* A sweep that helped little is not repeated at once. */
#define PAUSE_NS (1 * NS_PER_S)

/* For so much memory there is an entry, which takes a thousandth of it. */
#define MEMORY_BYTES 65536
#define ENTRIES_MIN  65536
#define ENTRIES_MAX  (1u << 20)

struct tracks {
    const struct attachment *attachment;
    struct ev_track_set *sets; /* shared with the programs */
    struct ev_track *entries;
    uint32_t sets_count;
    uint64_t added_base; /* what the programs had added at the last sweep... */
    uint64_t left;       /* ...and the entries that it left */
    uint64_t swept_ns;
};

uint32_t tracks_for(uint64_t memory_bytes)
{
    uint32_t entries = ENTRIES_MIN;

    while (entries < ENTRIES_MAX && 2ull * entries <= memory_bytes / MEMORY_BYTES)
        entries *= 2;
    return entries;
}

struct tracks *tracks_new(const struct attachment *attachment)
{
    struct tracks *tracks = calloc(1, sizeof(*tracks));

    if (!tracks)
        return NULL;
    tracks->attachment = attachment;
    tracks->sets = attach_track_sets(attachment, &tracks->sets_count);
    tracks->entries = attach_tracks(attachment);
    return tracks;
}

void tracks_free(struct tracks *tracks)
{
    free(tracks);
}

static uint64_t added(const struct tracks *tracks)
{
    const volatile struct ev_cpu *cpus = attach_cpu_states(tracks->attachment);
    uint64_t sum = 0;

    for (uint32_t cpu = 0; cpu < attach_cpus(tracks->attachment); cpu++)
        sum += cpus[cpu].tracked;
    return sum;
}

static bool is_old(const struct ev_track *track, uint64_t now_ns)
{
    uint64_t limit_ns = track->state == EV_TRACK_DEAD ? DEAD_NS : UNSEEN_NS;

    return track->last_ts_ns < now_ns && now_ns - track->last_ts_ns > limit_ns;
}

struct sweep {
    uint64_t left, evicted;
};

/* From here on no program finds the old entries, nor takes their places. */
static void hide_old(struct tracks *tracks, uint64_t now_ns, struct sweep *sweep)
{
    for (uint32_t i = 0; i < tracks->sets_count * EV_TRACK_WAYS; i++) {
        __u64 *head = &tracks->sets[i / EV_TRACK_WAYS].head[i % EV_TRACK_WAYS];

        if (*head == EV_TRACK_FREE)
            continue;
        if (is_old(&tracks->entries[i], now_ns)) {
            sweep->evicted += tracks->entries[i].state == EV_TRACK_LIVE;
            __atomic_store_n(head, EV_TRACK_GONE, __ATOMIC_RELAXED);
        } else {
            sweep->left++;
        }
    }
}

static void free_hidden(struct tracks *tracks)
{
    for (uint32_t i = 0; i < tracks->sets_count * EV_TRACK_WAYS; i++) {
        __u64 *head = &tracks->sets[i / EV_TRACK_WAYS].head[i % EV_TRACK_WAYS];

        if (*head != EV_TRACK_GONE)
            continue;
        tracks->entries[i].state = EV_TRACK_DEAD;
        __atomic_store_n(head, EV_TRACK_FREE, __ATOMIC_RELEASE);
    }
}

uint64_t tracks_sweep(struct tracks *tracks, uint64_t now_ns)
{
    uint64_t max = (uint64_t)tracks->sets_count * EV_TRACK_WAYS;
    uint64_t total = added(tracks);
    struct sweep sweep = {0};

    if (tracks->left + (total - tracks->added_base) < max / 4 * 3 ||
        now_ns - tracks->swept_ns < PAUSE_NS)
        return 0;
    hide_old(tracks, now_ns, &sweep);
    /* Whoever found one before may still write to it. */
    attach_settle();
    free_hidden(tracks);
    tracks->left = sweep.left;
    tracks->added_base = total;
    tracks->swept_ns = now_ns;
    return sweep.evicted;
}
