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

/* Events that come one after the other in the stream and are all of one block: so many, at least
 * one, by their indices in the block. */
struct input_run {
    const struct input_file *file;
    const struct nst_block *block;
    uint64_t event_base; /* the event_index of the block's event 0 */
    const uint32_t *events;
    uint32_t count;
};

/* As input_next(), for a caller that has work to do once for many events. The two are not to be
 * mixed. */
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

/* A decoded block, and which of its events match: so many, by their indices in the block. */
struct input_block {
    const struct input_file *file;
    const struct nst_block *block;
    const uint32_t *events;
    uint32_t count;
};

/* For sums, in which the order does not matter: file by file, block by block, without the price of
 * merging them by time. With NST_LOAD_SITES alone no events are decoded, and the filter can only
 * leave out whole blocks. Valid until the next call. Not to be mixed with input_next(). */
int input_next_block(struct input *in, struct input_block *block);

/* Begins again, with what load says (as in input_open()); all that was given before is invalid.
 * Damage is not said twice. False: it cannot be, because of a pipe or for lack of memory (said). */
bool input_restart(struct input *in, unsigned load);
bool input_can_restart(const struct input *in);

/* The first event's time, since 1970: relative times count from it, and times of day are of its
 * day. */
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

/* Whether --netns lets that namespace through at any time between the two (CLOCK_MONOTONIC). */
bool input_wants_netns(const struct input *in, unsigned file, const struct nst_netns *netns,
                       uint64_t from_ns, uint64_t to_ns);
/* What the file's tables say of its namespaces, as far as they were read. */
const struct inventory *input_inventory(const struct input *in, unsigned file);
/* The same; if they say nothing, what the tables of the files before and behind it in the same
 * capture say. */
const struct inventory *input_known(const struct input *in, unsigned file);

/* By what all times of the file but its events' are converted to times since 1970, as far as it was
 * read. */
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
