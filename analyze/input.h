/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The FILEs of a command as one stream of events in time order, whatever order the files
 * hold them in, with what the filter excludes left out (blocks that cannot match are never
 * decoded). Also the stream of their tables: names and counters.
 *
 * Within a capture the order is CLOCK_MONOTONIC's, between captures CLOCK_REALTIME's; equal
 * times keep the order of the files and in them.
 */
#ifndef NST_ANALYZE_INPUT_H
#define NST_ANALYZE_INPUT_H

#include "format/nstrail.h"
#include "analyze/filter.h"

struct anchors;
struct input;
struct inventory;
struct names;

struct input_file {
    const char *path; /* as the user gave it */
    unsigned index;   /* 0.. in the order given */
    uint64_t size;    /* bytes; 0 where it cannot be known (a pipe) */
    const struct nst_file_info *info;
    const struct nst_damage *damage;
};

/* Both were written by one run of the recorder. A file whose header is unusable is alone. */
bool input_same_capture(const struct input_file *a, const struct input_file *b);

struct input_event {
    const struct nst_event *event;
    const struct nst_block *block; /* its dictionaries: block->netns[event->netns]... */
    const struct input_file *file;
    uint64_t time_ns;     /* since 1970: event->ts_ns by the anchor of its block */
    uint64_t event_index; /* of the event in its file, 0.., in the file's order; stable whatever is
                             filtered */
};

/* Beside NST_LOAD_*: input_tables_history() will be asked for. */
#define INPUT_HISTORY 0x100u

/* Opens all of them; what is no capture, or empty, is said and left out. load: NST_LOAD_META or
 * NST_LOAD_PACKETS, perhaps with INPUT_HISTORY. filter may be NULL, else it stays the caller's and
 * must outlive the input. STATUS_FAILED: said why, *in is NULL. */
int input_open(struct input **in, char *const *paths, int count, struct filter *filter,
               unsigned load);

/* 1: *event is the next one, valid until the next call. 0: the end. Damage is said on stderr
 * as it is found and is in input_status(). */
int input_next(struct input *in, struct input_event *event);

/* Events one after the other that are all of one block: count of them, at least one, by their index
 * in it. */
struct input_run {
    const struct input_file *file;
    const struct nst_block *block;
    uint64_t event_base; /* the event_index of the block's event 0 */
    const uint32_t *events;
    uint32_t count;
};

/* As input_next(), for who has something to do once for many events. Not to be mixed with it. */
int input_next_run(struct input *in, struct input_run *run);

/* The event of a run at that place. */
static inline struct input_event input_run_event(const struct input_run *run, uint32_t at)
{
    const struct nst_event *event = &run->block->events[run->events[at]];

    return (struct input_event){
        .event = event,
        .block = run->block,
        .file = run->file,
        .time_ns = event->ts_ns + (uint64_t)run->block->info.realtime_offset_ns,
        .event_index = run->event_base + run->events[at],
    };
}

/* A decoded block, and which of its events match: count of them, by their index in it. */
struct input_block {
    const struct input_file *file;
    const struct nst_block *block;
    const uint32_t *events;
    uint32_t count;
};

/* For sums, where the order does not matter and the merge's price need not be paid: file by
 * file, block by block. With NST_LOAD_SITES alone no events are decoded, and the filter can only
 * leave out whole blocks. Valid until the next call. Not to be mixed with input_next(). */
int input_next_block(struct input *in, struct input_block *block);

/* Begins again, with what load says (as in input_open()); all that was given before is invalid.
 * Damage is not said twice. False: it cannot be, because of a pipe or for lack of memory (said). */
bool input_restart(struct input *in, unsigned load);
bool input_can_restart(const struct input *in);

/* What relative times count from, and whose day times of day mean, since 1970. */
uint64_t input_first_time(const struct input *in);

/* What the headers of a file's blocks say, whatever the filter: all of it once the input has
 * ended, in a seekable file from the start. */
struct input_totals {
    uint64_t events;
    uint64_t blocks;                             /* of events */
    uint64_t tables_blocks;                      /* and END */
    uint64_t first_ts_ns, last_ts_ns;            /* CLOCK_MONOTONIC; 0 without events */
    uint64_t first_time_ns, last_time_ns;        /* since 1970 */
    int64_t least_offset_ns, greatest_offset_ns; /* realtime minus monotonic */
    uint64_t packet_bytes;                       /* captured */
    uint64_t stored_bytes;                       /* all blocks in the file */
    uint64_t plain_bytes;                        /* their content before it was compressed */
    uint64_t lost;                               /* events, since the capture's start */
};
const struct input_totals *input_totals(const struct input *in, unsigned file);

/* Whole-file tables seen so far (all of them once input_next() has ended; in a seekable file
 * from the start): the last with counters, or the last. NULL: this file had none. */
const struct nst_tables *input_tables(const struct input *in, unsigned file);
/* Every TABLES and END block's counters in the file's order, for losses over time. */
size_t input_tables_history(const struct input *in, unsigned file, const struct nst_tables ***list);

/* The filter's --netns leaves that namespace room between the two moments, of CLOCK_MONOTONIC. */
bool input_wants_netns(const struct input *in, unsigned file, const struct nst_netns *netns,
                       uint64_t from_ns, uint64_t to_ns);
/* What the file's tables say of its namespaces, as far as is known by now. */
const struct inventory *input_inventory(const struct input *in, unsigned file);
/* The same; where they say nothing, what the capture's files next to it do. */
const struct inventory *input_known(const struct input *in, unsigned file);

/* What dates all that the file tells beside its events, as far as is known by now. */
const struct anchors *input_anchors(const struct input *in, unsigned file);

unsigned input_files_count(const struct input *in);
const struct input_file *input_file(const struct input *in, unsigned file);
/* For a progress bar: bytes of blocks passed so far, over all files. */
uint64_t input_bytes_done(const struct input *in);

/* STATUS_OK, STATUS_PARTIAL where damage was met, STATUS_FAILED where nothing was read. */
int input_status(const struct input *in);
/* Says the end-of-run remarks (no END in a file...), frees, and answers input_status(). */
int input_close(struct input *in);

#endif
