/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/input.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "analyze/anchors.h"
#include "analyze/follow.h"
#include "analyze/merge.h"
#include "analyze/message.h"
#include "analyze/resolve_netns.h"
#include "analyze/resolve_values.h"
#include "analyze/series.h"
#include "analyze/source.h"

/* Each costs the memory of two decoded blocks. */
#define PREFETCH_MAX 4

struct input {
    const struct filter *filter;
    struct source **sources;
    unsigned sources_count;
    struct merge *merge;
    struct input_run run; /* whose events input_next() gives one by one */
    uint32_t run_at;
    struct chunk *chunk; /* that input_next_block() gave last */
    unsigned next;       /* the source that it asks next */
    unsigned prefetches_left; /* so many more sources may decode ahead */
    uint64_t first_time_ns;
    bool resolve_late; /* there is a pipe: what is in it is known at its end */
    int status;
};

/* A rotated capture can have more files than the soft limit, which is low only for select(2). */
static void allow_open_files(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void worsen(struct input *in, int status)
{
    if (status > in->status)
        in->status = status;
}

/* A damaged header says nothing of what was recorded. */
static void say_no_packets(const struct source *s, const struct filter *filter)
{
    if (filter_needs_packets(filter) && !s->file.info->snaplen && !s->file.damage->bad_header)
        message_warn(s->file.path,
                     "it was recorded without packet bytes, so nothing in it can match -f");
}

/* Where the same file, or a copy of it, was given before. They have the same salt, which no two
 * recorded files have. NULL: nowhere. */
static struct source **find_same(struct input *in, const struct source *s)
{
    for (unsigned i = 0; i < in->sources_count; i++)
        if (!memcmp(s->file.info->salt, in->sources[i]->file.info->salt,
                    sizeof(s->file.info->salt)))
            return &in->sources[i];
    return NULL;
}

/* A copy may be shorter than the other. How long what comes by a pipe will be is not known. */
static bool has_more(const struct source *s, const struct source *than)
{
    return s->seekable && than->seekable && s->totals.stored_bytes > than->totals.stored_bytes;
}

static void keep_one(struct source **kept, struct source *s)
{
    struct source *left_out = s;

    if (has_more(s, *kept)) {
        left_out = *kept;
        s->file.index = left_out->file.index;
        s->prefetches_left = left_out->prefetches_left;
        *kept = s;
    }
    message_warn(left_out->file.path, "is the same capture file as %s: skipped",
                 (*kept)->file.path);
    source_close(left_out);
}

/* Keeps it, or not. Answers where in the same file another capture begins, or 0. */
static uint64_t take_source(struct input *in, struct source *s)
{
    uint64_t next = source_next_file(s);
    struct source **same = find_same(in, s);

    if (same) {
        keep_one(same, s);
        return next;
    }
    s->prefetches_left = &in->prefetches_left;
    in->sources[in->sources_count++] = s;
    in->resolve_late |= !s->seekable;
    say_no_packets(s, in->filter);
    return next;
}

/* Opens a file, with the captures that somebody has appended to it (cat a b >c). After a loss of
 * power the newest file of a ring may be empty, or zeros: that is no reason not to read the others.
 */
static int open_file(struct input *in, const char *path, unsigned load)
{
    struct source_place place = {.path = path};
    struct source **larger, *s;
    int status;

    do {
        place.index = in->sources_count;
        larger = reallocarray(in->sources, in->sources_count + 1, sizeof(*larger));
        if (!larger)
            return message_error(NULL, "no memory for the files");
        in->sources = larger;
        status = source_open(&s, &place, in->filter, load);
        if (status == STATUS_PARTIAL)
            worsen(in, status);
        if (status != STATUS_OK)
            return status;
        place.begin = take_source(in, s);
    } while (place.begin);
    return STATUS_OK;
}

static int open_sources(struct input *in, char *const *paths, int count, unsigned load)
{
    for (int i = 0; i < count; i++)
        if (open_file(in, paths[i], load) == STATUS_FAILED)
            return STATUS_FAILED;
    return in->sources_count ? STATUS_OK : STATUS_FAILED;
}

/* Whether the files have what the filter names. STATUS_FAILED: what they do not have was said. */
static int resolve(const struct input *in)
{
    int status = resolve_netns(in->sources, in->sources_count, in->filter);

    return status ? status : resolve_values(in->sources, in->sources_count, in->filter);
}

/* A time before the last event cannot be told while a pipe is read: its last event comes last. */
static int check_times(const struct input *in)
{
    for (unsigned i = 0; filter_asks_end(in->filter) && i < in->sources_count; i++)
        if (!in->sources[i]->seekable)
            return message_error(in->sources[i]->file.path,
                                 "a time before the last event, such as -10m, needs a file, not "
                                 "a pipe");
    return STATUS_OK;
}

/* As where somebody means a night by --since 22:00 --until 06:00: both are of the same day. */
static void say_empty_window(const struct input *in)
{
    if (match_window_is_empty(&in->sources[0]->matcher))
        message_warn(NULL, "--until is not after --since: nothing can match");
}

/* Relative times count from the earliest event of all files, or back from the latest. */
static void set_times(struct input *in)
{
    uint64_t first = UINT64_MAX, last = 0, time_ns;

    for (unsigned i = 0; i < in->sources_count; i++)
        if (source_first_time(in->sources[i], &time_ns) && time_ns < first)
            first = time_ns;
    for (unsigned i = 0; i < in->sources_count; i++)
        if (in->sources[i]->totals.last_time_ns > last)
            last = in->sources[i]->totals.last_time_ns;
    for (unsigned i = 0; i < in->sources_count; i++)
        source_set_times(in->sources[i], first, last);
    if (first != UINT64_MAX)
        say_empty_window(in);
    in->first_time_ns = first;
}

/* Decides which blocks are decoded, and in which order. False: no memory. */
static bool arrange(struct input *in, unsigned load)
{
    bool follows = filter_follows(in->filter);

    if (follows)
        follow_begin(in->sources, in->sources_count);
    set_times(in);
    if (!series_say_missing(in->sources, in->sources_count) ||
        (follows && !follow_choose(in->sources, in->sources_count, load)))
        return false;
    in->merge = merge_new(in->sources, in->sources_count);
    return in->merge;
}

static void input_free(struct input *in)
{
    merge_free(in->merge);
    chunk_free(in->chunk);
    for (unsigned i = 0; i < in->sources_count; i++)
        source_close(in->sources[i]);
    free(in->sources);
    free(in);
}

int input_open(struct input **opened, char *const *paths, int count, struct filter *filter,
               unsigned load)
{
    struct input *in = calloc(1, sizeof(*in));

    *opened = NULL;
    if (!in)
        return message_error(NULL, "no memory for the files");
    in->filter = filter;
    in->prefetches_left = PREFETCH_MAX;
    allow_open_files();
    if (open_sources(in, paths, count, load) != STATUS_OK || check_times(in) != STATUS_OK) {
        input_free(in);
        return STATUS_FAILED;
    }
    if (!series_share(in->sources, in->sources_count)) {
        input_free(in);
        return message_error(NULL, "no memory for the files");
    }
    if (!in->resolve_late && resolve(in) != STATUS_OK) {
        input_free(in);
        return STATUS_FAILED;
    }
    if (!arrange(in, load)) {
        input_free(in);
        return message_error(NULL, "no memory for the files");
    }
    *opened = in;
    return STATUS_OK;
}

/* Where there are pipes, it is known only now whether they had what the filter names. */
static int end(struct input *in)
{
    if (in->resolve_late)
        worsen(in, resolve(in));
    in->resolve_late = false;
    return 0;
}

int input_next_run(struct input *in, struct input_run *run)
{
    return merge_next(in->merge, run) ? 1 : end(in);
}

int input_next(struct input *in, struct input_event *event)
{
    if (in->run_at == in->run.count) {
        in->run = (struct input_run){0};
        in->run_at = 0;
        if (!input_next_run(in, &in->run))
            return 0;
    }
    *event = input_run_event(&in->run, in->run_at++);
    return 1;
}

int input_next_block(struct input *in, struct input_block *block)
{
    uint64_t ts_ns;

    chunk_free(in->chunk);
    in->chunk = NULL;
    while (!in->chunk && in->next < in->sources_count)
        if (source_peek(in->sources[in->next], &ts_ns))
            in->chunk = source_take(in->sources[in->next]);
        else
            in->next++;
    if (!in->chunk)
        return end(in);
    *block = (struct input_block){
        .file = &in->sources[in->next]->file,
        .block = in->chunk->block,
        .events = in->chunk->order,
        .count = in->chunk->count,
    };
    return 1;
}

uint64_t input_first_time(const struct input *in)
{
    return in->first_time_ns;
}

bool input_can_restart(const struct input *in)
{
    for (unsigned i = 0; i < in->sources_count; i++)
        if (!in->sources[i]->seekable)
            return false;
    return true;
}

bool input_restart(struct input *in, unsigned load)
{
    if (!input_can_restart(in))
        return false;
    chunk_free(in->chunk);
    in->chunk = NULL;
    in->next = 0;
    in->run = (struct input_run){0};
    in->run_at = 0;
    merge_free(in->merge);
    for (unsigned i = 0; i < in->sources_count; i++)
        source_restart(in->sources[i], load);
    in->merge = merge_new(in->sources, in->sources_count);
    if (!in->merge)
        message_error(NULL, "no memory for the files");
    return in->merge;
}

const struct input_totals *input_totals(const struct input *in, unsigned file)
{
    return &in->sources[file]->totals;
}

const struct nst_tables *input_tables(const struct input *in, unsigned file)
{
    const struct source *s = in->sources[file];

    for (size_t i = s->tables_count; i--;)
        if (s->history[i]->counters_count)
            return s->history[i];
    return s->tables_count ? s->history[s->tables_count - 1] : NULL;
}

size_t input_tables_history(const struct input *in, unsigned file, const struct nst_tables ***list)
{
    const struct source *s = in->sources[file];

    *list = s->history;
    return s->tables_count;
}

const struct inventory *input_inventory(const struct input *in, unsigned file)
{
    return &in->sources[file]->inventory;
}

const struct inventory *input_known(const struct input *in, unsigned file)
{
    return source_known(in->sources[file]);
}

const struct anchors *input_anchors(const struct input *in, unsigned file)
{
    anchors_settle(&in->sources[file]->anchors);
    return &in->sources[file]->anchors;
}

bool input_wants_netns(const struct input *in, unsigned file, const struct nst_netns *netns,
                       uint64_t from_ns, uint64_t to_ns)
{
    return match_netns(&in->sources[file]->matcher, netns, from_ns, to_ns);
}

unsigned input_files_count(const struct input *in)
{
    return in->sources_count;
}

const struct input_file *input_file(const struct input *in, unsigned file)
{
    return &in->sources[file]->file;
}

uint64_t input_bytes_done(const struct input *in)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < in->sources_count; i++)
        bytes += in->sources[i]->bytes_done;
    return bytes;
}

/* Of several files the command did a part, as long as one of them could be read. */
int input_status(const struct input *in)
{
    int status = in->status;
    bool any_read = false;

    for (unsigned i = 0; i < in->sources_count; i++) {
        int of_source;

        source_settle(in->sources[i]);
        of_source = source_status(in->sources[i]);
        any_read |= of_source != STATUS_FAILED;
        if (of_source != STATUS_OK && !status)
            status = STATUS_PARTIAL;
    }
    return any_read ? status : STATUS_FAILED;
}

/* What is worth saying, though it is no failure. */
static void say_remarks(const struct source *s)
{
    if (!s->file.damage->ended && source_status(s) == STATUS_OK && s->at_end)
        message_warn(s->file.path,
                     "it has no END: it is still being written, or the recorder was killed");
}

int input_close(struct input *in)
{
    int status;

    if (!in)
        return STATUS_FAILED;
    status = input_status(in);
    for (unsigned i = 0; i < in->sources_count; i++)
        say_remarks(in->sources[i]);
    input_free(in);
    return status;
}
