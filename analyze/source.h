/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One FILE of an input: its blocks in the order of time, decoded one by one when they are asked
 * for, and what its tables say.
 *
 * Of a file that can be sought in, all block headers are read when it is opened (about 1 us
 * each), and a block that cannot match is never decoded. A pipe is read a little ahead.
 */
#ifndef NST_ANALYZE_SOURCE_H
#define NST_ANALYZE_SOURCE_H

#include "analyze/anchors.h"
#include "analyze/chunk.h"
#include "analyze/filter_values.h"
#include "analyze/input.h"
#include "analyze/inventory.h"
#include "analyze/match.h"
#include "analyze/prefetch.h"

/* A block of events that is not a chunk yet. */
struct pending {
    struct nst_block_info info;
    uint64_t event_base;
    struct nst_block *block; /* NULL: in the file; a pipe's blocks are decoded as they come */
    bool unreadable;         /* which was said */
    bool no_packets;         /* those are unreadable, which was said */
    bool in_vain;            /* it was decoded before, and nothing in it matched */
};

struct source {
    struct input_file file;
    char *part_name; /* of a capture appended to another, what messages call it; else NULL */
    struct nst_reader *reader;
    unsigned load;        /* of NST_LOAD_* */
    unsigned filter_load; /* what the filter needs of that */
    bool keep_history;
    bool seekable;
    bool at_end;            /* nst_reader_next() has no more */
    bool failed;            /* reading ended with an error, which was said */
    bool left_out;          /* something whole could not be decoded, which was said */
    uint64_t unread_blocks; /* blocks that could not be decoded at all */
    struct matcher matcher;
    struct filter_values values;
    struct journey_set chosen; /* see follow.h */
    struct anchors anchors;
    struct inventory inventory;
    bool inventory_changed;
    struct inventory borrowed; /* of the files before and behind it, if this one says nothing */
    bool borrows;
    struct netns_list seen; /* in the events of a pipe, which cannot be read again to list them */

    struct pending *pending; /* sorted by time, from pending_next on */
    size_t pending_count, pending_next, pending_room;
    struct prefetch *prefetch; /* decodes what follows, or NULL */
    size_t prefetch_next;      /* in pending: what it decodes next */
    unsigned *prefetches_left; /* how many more of our input may have one; NULL: none */
    struct input_totals totals;

    struct nst_block **tables; /* all or the last one */
    size_t tables_count, tables_room;
    const struct nst_tables **history; /* what they say */
    size_t history_room;
    uint64_t bytes_done;
};

/* Which capture to read. */
struct source_place {
    const char *path;
    uint64_t begin; /* of captures that were joined to one file: where this one begins */
    unsigned index; /* the input_file's */
};

/* Reads the headers of all blocks, or of the first ones of a pipe. Else *s is left alone, and it
 * was said why: STATUS_PARTIAL if there is such a file, but nothing readable in it; STATUS_FAILED
 * for all other reasons. */
int source_open(struct source **s, const struct source_place *place, const struct filter *filter,
                unsigned load);
/* Where in the same file another capture begins, or 0. */
uint64_t source_next_file(const struct source *s);
void source_close(struct source *s);

/* For a seekable source whose tables say nothing of namespaces: learns what those of the files
 * before and behind it in the capture say, either of which may be NULL. False: no memory. */
bool source_borrow(struct source *s, const struct source *before, const struct source *behind);
/* What is known of the namespaces in its events. */
const struct inventory *source_known(const struct source *s);

/* The earliest event of the file, since 1970, as far as is known. False: it has none. */
bool source_first_time(const struct source *s, uint64_t *time_ns);
/* Relative times count from there: the first and last event of all files. Call it before
 * source_take(). */
void source_set_times(struct source *s, uint64_t first_time_ns, uint64_t last_time_ns);

/* *ts_ns: no event that is still to come is earlier, unless it comes by a pipe and the recorder has
 * marked it as late. False: none is to come. */
bool source_peek(const struct source *s, uint64_t *ts_ns);
/* The next block as a chunk, which becomes the caller's. NULL: nothing in it matches, or it
 * cannot be read, which was said. */
struct chunk *source_take(struct source *s);

/* From the first block again, with NST_LOAD_*; only where the file can be sought in. */
void source_restart(struct source *s, unsigned load);

/* What match_follow() says; only where the file can be sought in, and where source_take() has
 * answered for all blocks or for none. */
void source_follow(struct source *s, const struct journey_set *journeys);

/* Decodes dictionaries from the file's start until visit() answers false. Only where the file
 * can be sought in. */
void source_visit(struct source *s, bool (*visit)(void *context, const struct nst_block *block),
                  void *context);

/* Stops the thread that decodes ahead: what source_status() answers no longer changes by itself. */
void source_settle(struct source *s);

/* enum status: how well the file could be read; source_settle() came before. */
int source_status(const struct source *s);

#endif
