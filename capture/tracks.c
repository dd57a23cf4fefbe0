/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/tracks.h"

#include <bpf/bpf.h>
#include <errno.h>
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

#define BATCH 4096

struct tracks {
    const struct attachment *attachment;
    uint64_t added_base; /* what the programs had added at the last sweep... */
    uint64_t left;       /* ...and the entries that it left */
    uint64_t swept_ns;
    uint64_t *keys, *old;
    struct ev_track *values;
};

struct tracks *tracks_new(const struct attachment *attachment)
{
    struct tracks *tracks = calloc(1, sizeof(*tracks));

    if (!tracks)
        return NULL;
    tracks->attachment = attachment;
    tracks->keys = calloc(BATCH, sizeof(*tracks->keys));
    tracks->old = calloc(attach_tracks_max(attachment), sizeof(*tracks->old));
    tracks->values = calloc(BATCH, sizeof(*tracks->values));
    if (!tracks->keys || !tracks->old || !tracks->values) {
        tracks_free(tracks);
        return NULL;
    }
    return tracks;
}

void tracks_free(struct tracks *tracks)
{
    if (!tracks)
        return;
    free(tracks->keys);
    free(tracks->old);
    free(tracks->values);
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
    uint64_t seen, old, evicted;
};

/* Reads the whole map, gathers the old entries' keys. */
static void find_old(struct tracks *tracks, uint64_t now_ns, struct sweep *sweep)
{
    int fd = attach_tracks_fd(tracks->attachment);
    uint32_t max = attach_tracks_max(tracks->attachment);
    uint32_t position = 0, next = 0, count;
    void *from = NULL;
    int error = 0;

    while (!error) {
        count = BATCH;
        error = bpf_map_lookup_batch(fd, from, &next, tracks->keys, tracks->values, &count, NULL);
        /* -ENOENT: these were the last. */
        if (error && error != -ENOENT)
            return;
        for (uint32_t i = 0; i < count && sweep->old < max; i++) {
            if (!is_old(&tracks->values[i], now_ns))
                continue;
            sweep->evicted += tracks->values[i].state == EV_TRACK_LIVE;
            tracks->old[sweep->old++] = tracks->keys[i];
        }
        sweep->seen += count;
        position = next;
        from = &position;
    }
}

static uint64_t forget(const struct tracks *tracks, uint64_t count)
{
    int fd = attach_tracks_fd(tracks->attachment);
    uint64_t done = 0;

    for (uint64_t i = 0; i < count; i++)
        done += bpf_map_delete_elem(fd, &tracks->old[i]) == 0;
    return done;
}

uint64_t tracks_sweep(struct tracks *tracks, uint64_t now_ns)
{
    uint64_t max = attach_tracks_max(tracks->attachment);
    uint64_t total = added(tracks);
    struct sweep sweep = {0};

    if (tracks->left + (total - tracks->added_base) < max / 4 * 3 ||
        now_ns - tracks->swept_ns < PAUSE_NS)
        return 0;
    find_old(tracks, now_ns, &sweep);
    tracks->left = sweep.seen - forget(tracks, sweep.old);
    tracks->added_base = total;
    tracks->swept_ns = now_ns;
    return sweep.evicted;
}
