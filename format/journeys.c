/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/journeys.h"

#include <string.h>

int nst_journeys_init(struct journeys *j)
{
    *j = (struct journeys){0};
    return nst_addresses_init(&j->heads, STREAM_JOURNEY_HEAD, STREAM_HEAD_ADDRESS);
}

void nst_journeys_free(struct journeys *j)
{
    nst_addresses_free(&j->heads);
}

void nst_journeys_clear(struct journeys *j)
{
    nst_addresses_clear(&j->heads);
    memset(j->last, 0, sizeof(j->last));
    j->scale = j->next_scale;
}

/* How ids are made is the recorder's affair: by counting, or from the time. An id that was not
 * as foretold says how fast they grow; when two agree, the next block counts on it. */
static void learn_scale(struct journeys *j, uint64_t ids, uint64_t ns)
{
    uint64_t scale = j->next_scale;

    if (ids == 1)
        scale = 0;
    else if (ns && ids % ns == 0)
        scale = ids / ns;
    if (scale == j->likely_scale)
        j->next_scale = scale;
    j->likely_scale = scale;
}

void nst_journeys_put(struct journeys *j, struct streams *s, const struct nst_event *ev)
{
    struct journey *last = &j->last[ev->cpu % NST_CPU_SLOTS];
    uint64_t ids = ev->journey_id - last->id, ns = ev->journey_ts_ns - last->ts_ns;
    uint64_t expected = j->scale ? ns * j->scale : 1;

    stream_put(s, STREAM_JOURNEY_TIME, zigzag(ev->ts_ns - ev->journey_ts_ns));
    stream_put(s, STREAM_JOURNEY_ID, zigzag(ids - expected));
    nst_addresses_put(&j->heads, s, ev->journey_head);
    if (ids != expected && last->id)
        learn_scale(j, ids, ns);
    *last = (struct journey){ev->journey_id, ev->journey_ts_ns};
}
