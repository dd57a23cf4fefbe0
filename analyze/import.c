/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/import.h"

#include <stdlib.h>

#include "analyze/batch.h"
#include "analyze/dims.h"
#include "analyze/dims_cache.h"
#include "analyze/file_rows.h"
#include "analyze/inventory_rows.h"
#include "analyze/hop.h"
#include "analyze/journeys.h"
#include "analyze/loss_rows.h"
#include "analyze/packet_rows.h"
#include "analyze/skb_rows.h"

#define PROGRESS_EVENTS 4096u

struct import {
    const struct import_hooks *hooks;
    struct db *db;
    struct input *in;
    struct file_rows files;
    struct dims *dims;
    struct packet_rows *packets;
    struct journeys *journeys;
    struct batch *rows;   /* of event */
    struct batch *clocks; /* of event_clock */
    struct batch *skbs;
    int64_t last_id;
    uint64_t events;
};

static int prepare(struct import *im)
{
    int code = db_integer(im->db, "SELECT max(id) FROM event", &im->last_id);

    if (!code)
        code = batch_open(&im->rows, im->db, "event",
                          "id, file_id, ts_ns, cpu, probe_id, netns_id, netns_source, device_id,"
                          " rx_ifindex, journey_id, packet_id, task_id, drop_reason_id, len_bytes,"
                          " caplen_bytes, stack_id");
    if (!code)
        code = batch_open(&im->clocks, im->db, "event_clock", "event_id, file_id, offset_ns");
    if (!code)
        code = skb_rows_open(&im->skbs, im->db);
    if (!code)
        code = file_rows_begin(&im->files, im->db, im->in);
    if (!code)
        code = dims_open(&im->dims, im->db);
    if (!code)
        code = packet_rows_open(&im->packets, im->db);
    if (!code)
        code = journeys_open(&im->journeys, im->db, im->packets, im->files.captures);
    return code;
}

static void release(struct import *im)
{
    journeys_close(im->journeys);
    packet_rows_close(im->packets);
    dims_close(im->dims);
    file_rows_free(&im->files);
    batch_close(im->rows);
    batch_close(im->clocks);
    batch_close(im->skbs);
}

/* Row ids of what one event refers to. */
struct event_rows {
    int64_t id, file, packet;
    const struct journey *journey; /* or NULL */
    struct dims_rows dims;
};

static int insert_event(struct import *im, const struct input_event *input,
                        const struct event_rows *rows)
{
    const struct nst_event *e = input->event;
    const struct dims_rows *dims = &rows->dims;
    struct batch *b = im->rows;

    batch_put(b, rows->id);
    batch_put(b, rows->file);
    batch_put(b, (int64_t)input->time_ns);
    batch_put(b, e->cpu);
    batch_put(b, dims->probe);
    batch_put_unless(b, dims->netns == 0, dims->netns);
    batch_put(b, e->netns_source);
    batch_put_unless(b, dims->device == 0, dims->device);
    batch_put_unless(b, e->rx_ifindex == 0, e->rx_ifindex);
    batch_put_unless(b, !rows->journey, rows->journey ? journey_row(rows->journey) : 0);
    batch_put(b, rows->packet);
    batch_put_unless(b, dims->task == 0, dims->task);
    batch_put_unless(b, dims->drop_reason == 0, dims->drop_reason);
    batch_put(b, e->len_bytes);
    batch_put(b, e->caplen_bytes);
    batch_put_unless(b, dims->stack == 0, dims->stack);
    return batch_end_row(b);
}

/* All events of a block have one distance from CLOCK_MONOTONIC; the next may have the same. */
static int date_event(struct import *im, struct file_row *file, const struct input_event *input,
                      int64_t id)
{
    int64_t offset_ns = input->block->info.realtime_offset_ns;

    if (file->dated && file->offset_ns == offset_ns)
        return SQLITE_OK;
    file->dated = true;
    file->offset_ns = offset_ns;
    batch_put(im->clocks, id);
    batch_put(im->clocks, file->id);
    batch_put(im->clocks, offset_ns);
    return batch_end_row(im->clocks);
}

static int add_to_journey(struct import *im, struct journey *journey,
                          const struct input_event *input, const struct event_rows *rows)
{
    const struct nst_event *e = input->event;
    const struct nst_block *block = input->block;
    const struct journey_event event = {
        .id = rows->id,
        .netns = rows->dims.netns,
        .packet = rows->packet,
        .ts_ns = input->time_ns,
        .clock_ns = e->ts_ns,
        .skb = e->skb,
        .len_bytes = e->len_bytes,
        .drop = rows->dims.drop_reason != 0,
        .guessed = e->flags & NST_EVENT_GUESS,
        .sent = e->probe < block->probes_count && hop_is_sent(block->probes[e->probe].symbol),
    };

    return journeys_event(im->journeys, journey, &event);
}

static int import_event(struct import *im, const struct input_event *input)
{
    struct file_row *file = &im->files.rows[input->file->index];
    struct event_rows rows = {.id = im->last_id + 1, .file = file->id};
    struct journey *journey = NULL;
    int code = dims_cache_event(&file->dims, im->dims, file->capture,
                                input_inventory(im->in, input->file->index), input->block,
                                input->event, &rows.dims);

    if (!code && input->event->journey_id)
        code = journeys_find(im->journeys, file->capture, input->event, &journey);
    rows.journey = journey;
    if (!code)
        code = packet_rows_event(im->packets, input->event, journey ? journey_forms(journey) : NULL,
                                 &rows.packet);
    if (!code)
        code = insert_event(im, input, &rows);
    if (!code)
        code = date_event(im, file, input, rows.id);
    if (!code && input->event->state)
        code = skb_rows_add(im->skbs, rows.id, input->event->state);
    if (!code && journey)
        code = add_to_journey(im, journey, input, &rows);
    im->last_id = rows.id;
    return code;
}

static int say(const struct import *im, const char *phase)
{
    return im->hooks->progress(im->hooks->context, phase, im->events) ? SQLITE_INTERRUPT
                                                                      : SQLITE_OK;
}

static int import_events(struct import *im)
{
    struct input_event event;
    uint64_t seen = 0;
    int code = SQLITE_OK;

    while (!code && input_next(im->in, &event) > 0) {
        if (seen++ % PROGRESS_EVENTS == 0)
            code = say(im, NULL);
        if (code || !file_row_wants(&im->files.rows[event.file->index], &event))
            continue;
        code = import_event(im, &event);
        im->events++;
    }
    return code;
}

static int finish(struct import *im)
{
    int code = batch_flush(im->rows);

    if (!code)
        code = batch_flush(im->clocks);
    if (!code)
        code = batch_flush(im->skbs);
    if (!code)
        code = inventory_rows_write(im->db, im->dims, im->in, &im->files);
    if (!code)
        code = loss_rows_write(im->db, im->in, &im->files);
    if (!code)
        code = file_rows_end(&im->files, im->db, im->in);
    if (!code)
        code = journeys_flush(im->journeys);
    if (!code)
        code = say(im, "building indexes");
    if (!code)
        code = db_finish_schema(im->db);
    return code ? code : journeys_rebuild(im->journeys);
}

int import_run(const struct import_hooks *hooks, struct db *db, struct input *in, uint64_t *events)
{
    struct import im = {.hooks = hooks, .db = db, .in = in};
    int code = prepare(&im);

    if (!code)
        code = import_events(&im);
    if (!code)
        code = finish(&im);
    *events = im.events;
    release(&im);
    return code;
}
