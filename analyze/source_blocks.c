/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a file or pipe: which blocks are to be decoded, and what its tables say. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/message.h"
#include "analyze/source_internal.h"
#include "format/array.h"

/* How many blocks of a pipe are held back, so that events which the recorder merged too late
 * find their place; and how long, so that a live view does not wait for what comes next. */
#define PIPE_AHEAD   2
#define PIPE_HOLD_MS 50

int source_load_block(struct source *s, unsigned what, bool *no_packets)
{
    struct nst_error err = {0};
    int code;

    if (*no_packets && what & NST_LOAD_PACKETS)
        what = NST_LOAD_META;
    code = nst_reader_load(s->reader, what, &err);
    if (code >= 0)
        return code;
    /* The reader has warned of damage itself. */
    if (code != -EBADMSG) {
        message_error(s->file.path, "%s", err.text);
        s->left_out = true;
        *no_packets = what & NST_LOAD_PACKETS;
        if (*no_packets)
            code = nst_reader_load(s->reader, NST_LOAD_META, NULL);
    }
    s->unread_blocks += code < 0;
    return code;
}

/* Where no history is kept, the last tables with counters are all that is asked for later; those
 * that come after them without are only learnt from. */
static bool are_kept(const struct source *s, const struct nst_tables *tables)
{
    return s->keep_history || !s->tables_count || tables->counters_count;
}

/* The block is ours from then on. False: no memory, it is still the caller's. */
static bool keep_tables(struct source *s, struct nst_block *block)
{
    struct nst_block **tables;
    const struct nst_tables **history;

    if (!s->keep_history && s->tables_count)
        nst_block_free(s->tables[--s->tables_count]);
    tables = nst_array_room(s->tables, s->tables_count, &s->tables_room, sizeof(*tables));
    if (!tables)
        return false;
    s->tables = tables;
    history = nst_array_room(s->history, s->tables_count, &s->history_room, sizeof(*history));
    if (!history)
        return false;
    s->history = history;
    s->tables[s->tables_count] = block;
    s->history[s->tables_count++] = block->tables;
    return true;
}

/* The current block of the reader has tables. False: no memory. */
static bool learn_tables(struct source *s)
{
    struct nst_block *block;
    bool no_packets = false, learnt = true;

    if (source_load_block(s, NST_LOAD_META, &no_packets) < 0)
        return true;
    block = nst_reader_take(s->reader);
    if (!block)
        return false;
    if (block->tables) {
        s->inventory_changed = true;
        learnt = inventory_learn(&s->inventory, block->tables);
        if (learnt && are_kept(s, block->tables)) {
            if (keep_tables(s, block))
                return true;
            learnt = false;
        }
    }
    nst_block_free(block);
    return learnt;
}

/* Makes what all tables read so far say together ready to be looked up. */
static void settle_inventory(struct source *s)
{
    if (!s->inventory_changed)
        return;
    s->inventory_changed = false;
    if (!inventory_sort(&s->inventory) || !match_learn(&s->matcher, &s->inventory))
        source_no_memory(s);
}

static bool add_pending(struct source *s, const struct nst_block_info *info,
                        struct nst_block *block)
{
    struct pending *pending =
        nst_array_room(s->pending, s->pending_count, &s->pending_room, sizeof(*pending));

    if (!pending)
        return false;
    s->pending = pending;
    s->pending[s->pending_count++] =
        (struct pending){.info = *info, .event_base = s->totals.events, .block = block};
    return true;
}

/* How much of a block is decoded: if nothing in it can match, its dictionaries and events alone. */
static unsigned needed(const struct source *s, const struct nst_block_info *info)
{
    return match_block(&s->matcher, info) ? s->load : NST_LOAD_META;
}

/* Takes a pipe's block of events. It is decoded even if it cannot match, so that it is known which
 * namespaces there were: a pipe cannot be read again. */
static bool add_from_pipe(struct source *s, const struct nst_block *current)
{
    struct nst_block *block;
    bool no_packets = false;

    settle_inventory(s);
    if (source_load_block(s, needed(s, &current->info), &no_packets) < 0)
        return true;
    block = nst_reader_take(s->reader);
    if (!block)
        return false;
    filter_values_see(&s->values, block);
    for (uint32_t i = 0; i < block->netns_count; i++) {
        netns_list_add(&s->seen, &block->netns[i]);
        if (!match_see_netns(&s->matcher, &block->netns[i]))
            source_no_memory(s);
    }
    if (!s->failed && add_pending(s, &block->info, block))
        return true;
    nst_block_free(block);
    return false;
}

static void total_events(struct input_totals *t, const struct nst_block_info *info)
{
    uint64_t first_time = info->first_ts_ns + (uint64_t)info->realtime_offset_ns;
    uint64_t last_time = info->last_ts_ns + (uint64_t)info->realtime_offset_ns;

    if (!t->blocks) {
        t->first_ts_ns = info->first_ts_ns;
        t->first_time_ns = first_time;
        t->least_offset_ns = t->greatest_offset_ns = info->realtime_offset_ns;
    }
    if (info->first_ts_ns < t->first_ts_ns)
        t->first_ts_ns = info->first_ts_ns;
    if (info->last_ts_ns > t->last_ts_ns)
        t->last_ts_ns = info->last_ts_ns;
    if (first_time < t->first_time_ns)
        t->first_time_ns = first_time;
    if (last_time > t->last_time_ns)
        t->last_time_ns = last_time;
    if (info->realtime_offset_ns < t->least_offset_ns)
        t->least_offset_ns = info->realtime_offset_ns;
    if (info->realtime_offset_ns > t->greatest_offset_ns)
        t->greatest_offset_ns = info->realtime_offset_ns;
    t->blocks++;
    t->events += info->events;
    t->packet_bytes += info->expanded_bytes;
}

/* Takes the next block of the file, of whatever type. False: there is none, or reading failed. */
static bool read_block(struct source *s)
{
    struct nst_error err = {0};
    const struct nst_block *block;
    int got = nst_reader_next(s->reader, &block, &err);
    struct nst_block_info info;
    bool kept = true;

    if (got <= 0) {
        s->at_end = true;
        if (got < 0) {
            message_error(s->file.path, "%s", err.text);
            s->failed = true;
        }
        return false;
    }
    info = block->info;
    switch (info.type) {
    case NST_BLOCK_EVENTS:
        kept = (s->seekable ? add_pending(s, &info, NULL) : add_from_pipe(s, block)) &&
               anchors_add_block(&s->anchors, &info);
        total_events(&s->totals, &info);
        break;
    case NST_BLOCK_TABLES:
    case NST_BLOCK_END:
        s->bytes_done += info.size;
        s->totals.tables_blocks++;
        kept = learn_tables(s) && anchors_add_block(&s->anchors, &info);
        break;
    default:
        s->bytes_done += info.size;
    }
    s->totals.stored_bytes += info.size;
    s->totals.plain_bytes += info.plain_bytes;
    if (info.lost > s->totals.lost)
        s->totals.lost = info.lost;
    if (!kept)
        source_no_memory(s);
    return kept;
}

static int compare_pending(const void *a, const void *b)
{
    const struct pending *left = a, *right = b;

    if (left->info.first_ts_ns != right->info.first_ts_ns)
        return left->info.first_ts_ns < right->info.first_ts_ns ? -1 : 1;
    return left->event_base < right->event_base ? -1 : left->event_base > right->event_base;
}

static void sort_pending(struct source *s)
{
    if (s->pending)
        qsort(s->pending + s->pending_next, s->pending_count - s->pending_next, sizeof(*s->pending),
              compare_pending);
}

static bool wants_more(const struct source *s)
{
    if (s->at_end || s->failed)
        return false;
    if (s->seekable)
        return true;
    if (s->pending_count)
        return s->pending_count < PIPE_AHEAD && nst_reader_ready(s->reader, PIPE_HOLD_MS);
    /* There may be nothing for a while: whoever reads us gets what we have. */
    if (!nst_reader_ready(s->reader, 0))
        fflush(stdout);
    return true;
}

/* A file: all headers. A pipe: as far ahead as we look. */
void source_read_ahead(struct source *s)
{
    if (s->pending_next) {
        s->pending_count -= s->pending_next;
        memmove(s->pending, s->pending + s->pending_next, s->pending_count * sizeof(*s->pending));
        s->pending_next = 0;
    }
    while (wants_more(s))
        read_block(s);
    settle_inventory(s);
    sort_pending(s);
}
