/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/decode_dicts.h"

#include <errno.h>

#include "format/error.h"

/* Dictionaries from here on came later: older files do not count them. */
enum { FIRST_ADDED = OF_FRAME };

/* An index + 1 of a dictionary with count entries; 0 is NST_NONE. */
static uint32_t take_index(struct cursor *c, uint32_t count)
{
    return cursor_bounded(c, count) - 1;
}

int nst_decode_counts(struct cursor *columns, size_t frame_len, uint32_t counts[COUNTS],
                      struct nst_error *err)
{
    struct cursor *c = &columns[COLUMN_COUNTS];
    uint32_t max = frame_len < NST_MAX_ENTRIES ? (uint32_t)frame_len : NST_MAX_ENTRIES;
    int i;

    /* No two entries are the same, so that one column at least has a byte for each. */
    for (i = 0; i < COUNTS; i++)
        counts[i] = i >= FIRST_ADDED && !cursor_left(c) ? 0 : cursor_bounded(c, max);
    /* A later version may count more. */
    c->pos = c->end;
    if (c->failed)
        return nst_fail(err, -EBADMSG, "its dictionaries have impossible sizes, the limit is %u",
                        max);
    if (counts[OF_SITE] && !counts[OF_PROBE])
        return nst_fail(err, -EBADMSG, "it has %u sites and not one probe", counts[OF_SITE]);
    return 0;
}

static void take_netns(struct cursor *c, const uint32_t *counts, struct nst_netns *netns)
{
    uint32_t i;

    for (i = 0; i < counts[OF_NETNS]; i++) {
        netns[i].cookie = cursor_varint(&c[COLUMN_NETNS_COOKIE]);
        netns[i].inum = cursor_bounded(&c[COLUMN_NETNS_INUM], UINT32_MAX);
    }
}

static void take_devices(struct cursor *c, const uint32_t *counts, struct nst_device *devices,
                         char **text)
{
    uint32_t i;

    for (i = 0; i < counts[OF_DEVICE]; i++) {
        devices[i].netns = take_index(&c[COLUMN_DEVICE_NETNS], counts[OF_NETNS]);
        devices[i].ifindex = cursor_bounded(&c[COLUMN_DEVICE_IFINDEX], UINT32_MAX);
        nst_decode_name(&c[COLUMN_DEVICE_NAME], text, &devices[i].name);
    }
}

static void take_tasks(struct cursor *c, const uint32_t *counts, struct nst_task *tasks,
                       char **text)
{
    uint32_t i;

    for (i = 0; i < counts[OF_TASK]; i++) {
        tasks[i].pid = cursor_bounded(&c[COLUMN_TASK_PID], UINT32_MAX);
        tasks[i].tgid = tasks[i].pid + (uint32_t)unzigzag(cursor_varint(&c[COLUMN_TASK_TGID]));
        nst_decode_name(&c[COLUMN_TASK_COMM], text, &tasks[i].comm);
    }
}

static void take_probes(struct cursor *c, const uint32_t *counts, struct nst_probe *probes,
                        char **text)
{
    uint32_t i;

    for (i = 0; i < counts[OF_PROBE]; i++) {
        probes[i].kind = cursor_bounded(&c[COLUMN_PROBE_KIND], UINT32_MAX);
        nst_decode_name(&c[COLUMN_PROBE_SYMBOL], text, &probes[i].symbol);
    }
}

static void take_reasons(struct cursor *c, const uint32_t *counts, struct nst_drop_reason *reasons,
                         char **text)
{
    uint32_t i;

    for (i = 0; i < counts[OF_REASON]; i++) {
        reasons[i].number = cursor_bounded(&c[COLUMN_REASON_NUMBER], UINT32_MAX);
        nst_decode_string(&c[COLUMN_REASON_SUBSYS], text, &reasons[i].subsys);
        nst_decode_string(&c[COLUMN_REASON_NAME], text, &reasons[i].name);
    }
}

/* depths: for each frame, of how many its trace is. */
static void take_frames(struct cursor *c, const uint32_t *counts, struct nst_frame *frames,
                        uint8_t *depths, char **text)
{
    uint32_t i;

    for (i = 0; i < counts[OF_FRAME]; i++) {
        uint32_t caller = take_index(&c[COLUMN_FRAME_CALLER], i);

        if (caller != NST_NONE && depths[caller] == NST_MAX_FRAMES)
            cursor_fail(&c[COLUMN_FRAME_CALLER]);
        depths[i] = caller == NST_NONE ? 1 : (uint8_t)(depths[caller] + 1);
        frames[i].caller = caller;
        nst_decode_name(&c[COLUMN_FRAME_NAME], text, &frames[i].name);
    }
}

/* NUL-terminated, a string takes up no more than its column does with the length before it. */
static size_t text_size(const struct cursor *c)
{
    return cursor_left(&c[COLUMN_DEVICE_NAME]) + cursor_left(&c[COLUMN_TASK_COMM]) +
           cursor_left(&c[COLUMN_PROBE_SYMBOL]) + cursor_left(&c[COLUMN_REASON_SUBSYS]) +
           cursor_left(&c[COLUMN_REASON_NAME]) + cursor_left(&c[COLUMN_FRAME_NAME]);
}

static void take_sites(struct cursor *c, const uint32_t *counts, struct nst_event *sites)
{
    uint32_t i, vlan;

    for (i = 0; i < counts[OF_SITE]; i++) {
        struct nst_event *site = &sites[i];

        *site = (struct nst_event){0};
        site->netns = take_index(&c[COLUMN_SITE_NETNS], counts[OF_NETNS]);
        site->netns_source = cursor_u8(&c[COLUMN_SITE_NETNS_SOURCE]);
        site->device = take_index(&c[COLUMN_SITE_DEVICE], counts[OF_DEVICE]);
        site->rx_ifindex = cursor_bounded(&c[COLUMN_SITE_RX_IFINDEX], UINT32_MAX);
        site->probe = cursor_bounded(&c[COLUMN_SITE_PROBE], counts[OF_PROBE] - 1);
        site->drop_reason = take_index(&c[COLUMN_SITE_REASON], counts[OF_REASON]);
        site->flags = cursor_u8(&c[COLUMN_SITE_FLAGS]);
        vlan = cursor_bounded(&c[COLUMN_SITE_VLAN], UINT32_MAX);
        site->vlan_proto = (uint16_t)(vlan >> 16);
        site->vlan_tci = (uint16_t)vlan;
        site->stack = take_index(&c[COLUMN_SITE_STACK], counts[OF_FRAME]);
    }
}

/* Where in the content's memory everything stands. */
struct places {
    size_t netns, devices, tasks, probes, reasons, frames, sites, events, states;
    size_t depths, texts;
    size_t size; /* of all together */
};

static void plan(struct places *at, const struct cursor *c, const uint32_t *n, uint32_t events,
                 uint32_t states)
{
    size_t *size = &at->size;

    *size = 0;
    at->netns = nst_decode_reserve(size, n[OF_NETNS], sizeof(struct nst_netns));
    at->devices = nst_decode_reserve(size, n[OF_DEVICE], sizeof(struct nst_device));
    at->tasks = nst_decode_reserve(size, n[OF_TASK], sizeof(struct nst_task));
    at->probes = nst_decode_reserve(size, n[OF_PROBE], sizeof(struct nst_probe));
    at->reasons = nst_decode_reserve(size, n[OF_REASON], sizeof(struct nst_drop_reason));
    at->frames = nst_decode_reserve(size, n[OF_FRAME], sizeof(struct nst_frame));
    at->depths = nst_decode_reserve(size, n[OF_FRAME], 1);
    at->sites = nst_decode_reserve(size, n[OF_SITE], sizeof(struct nst_event));
    at->events = nst_decode_reserve(size, events, sizeof(struct nst_event));
    at->states = nst_decode_reserve(size, states, sizeof(struct nst_skb));
    at->texts = nst_decode_reserve(size, text_size(c) + 1, 1);
}

static void take_dicts(struct cursor *c, const uint32_t *n, const struct places *at, uint8_t *p)
{
    char *text = (char *)p + at->texts;

    take_netns(c, n, (struct nst_netns *)(p + at->netns));
    take_devices(c, n, (struct nst_device *)(p + at->devices), &text);
    take_tasks(c, n, (struct nst_task *)(p + at->tasks), &text);
    take_probes(c, n, (struct nst_probe *)(p + at->probes), &text);
    take_reasons(c, n, (struct nst_drop_reason *)(p + at->reasons), &text);
    take_frames(c, n, (struct nst_frame *)(p + at->frames), p + at->depths, &text);
    take_sites(c, n, (struct nst_event *)(p + at->sites));
}

static void point_at(struct nst_block *b, const uint32_t *n, const struct places *at,
                     const uint8_t *p)
{
    b->netns = (const struct nst_netns *)(p + at->netns);
    b->devices = (const struct nst_device *)(p + at->devices);
    b->tasks = (const struct nst_task *)(p + at->tasks);
    b->probes = (const struct nst_probe *)(p + at->probes);
    b->drop_reasons = (const struct nst_drop_reason *)(p + at->reasons);
    b->frames = (const struct nst_frame *)(p + at->frames);
    b->sites = (const struct nst_event *)(p + at->sites);
    b->events = (const struct nst_event *)(p + at->events);
    b->netns_count = n[OF_NETNS];
    b->devices_count = n[OF_DEVICE];
    b->tasks_count = n[OF_TASK];
    b->probes_count = n[OF_PROBE];
    b->drop_reasons_count = n[OF_REASON];
    b->frames_count = n[OF_FRAME];
    b->sites_count = n[OF_SITE];
}

struct nst_event *nst_decode_dicts(struct cursor *c, const uint32_t *counts, uint32_t events,
                                   struct content *content)
{
    bool has_states = cursor_left(&c[COLUMN_STATE]) > 0;
    struct places at;
    uint8_t *p;

    plan(&at, c, counts, events, has_states ? events : 0);
    content->memory.failed = false;
    p = nst_buffer_room(&content->memory, at.size);
    if (!p)
        return NULL;
    content->memory.len = at.size;
    take_dicts(c, counts, &at, p);
    point_at(&content->block, counts, &at, p);
    content->states = has_states ? (struct nst_skb *)(p + at.states) : NULL;
    return (struct nst_event *)(p + at.events);
}
