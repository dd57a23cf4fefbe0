/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/file_kind.h"
#include "analyze/message.h"
#include "analyze/series.h"
#include "format/array.h"

/* How many blocks of a pipe are held back, so that events which the recorder merged too late
 * find their place; and how long, so that a live view does not wait for what comes next. */
#define PIPE_AHEAD   2
#define PIPE_HOLD_MS 50

/* With fewer blocks a file is read before a thread would have begun. */
#define AHEAD_WORTH 4

bool input_same_capture(const struct input_file *a, const struct input_file *b)
{
    static const uint8_t unknown[sizeof(a->info->capture_id)];

    if (a == b)
        return true;
    return memcmp(a->info->capture_id, unknown, sizeof(unknown)) &&
           !memcmp(a->info->capture_id, b->info->capture_id, sizeof(unknown));
}

static void no_memory(struct source *s)
{
    message_error(s->file.path, "no memory");
    s->failed = true;
}

static void warn(void *context, const char *text)
{
    const struct source *s = context;

    message_warn(s->file.path, "%s", text);
}

/* Enlarges an array of count entries when that is a power of two. */
static bool make_room(void **list, size_t count, size_t size)
{
    void *larger;

    if (count & (count - 1))
        return true;
    larger = reallocarray(*list, count ? count * 2 : 1, size);
    if (larger)
        *list = larger;
    return larger;
}

/* Decodes the reader's current block. Where its packets alone need what this version lacks, or
 * cannot be read, its events come without them, and *no_packets says that this was said. <0:
 * nothing of it comes, and it was said why. */
static int load_block(struct source *s, unsigned what, bool *no_packets)
{
    struct nst_error err = {0};
    int code;

    if (*no_packets && what & NST_LOAD_PACKETS)
        what = NST_LOAD_META;
    code = nst_reader_load(s->reader, what, &err);
    if (code >= 0)
        return code;
    /* Of damage the reader has warned. */
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

/* The current block of the reader has tables. */
static bool learn_tables(struct source *s)
{
    struct nst_block *block;
    bool no_packets = false;

    if (load_block(s, NST_LOAD_META, &no_packets) < 0)
        return true;
    block = nst_reader_take(s->reader);
    if (!block)
        return false;
    if (!block->tables) {
        nst_block_free(block);
        return true;
    }
    if (!s->keep_history && s->tables_count) {
        struct nst_block **last = &s->tables[s->tables_count - 1];

        /* Counters are asked for at the end: what came after them without is only learnt. */
        if (!block->tables->counters_count) {
            bool learnt = inventory_learn(&s->inventory, block->tables);

            s->inventory_changed = true;
            nst_block_free(block);
            return learnt;
        }
        nst_block_free(*last);
        s->tables_count--;
    }
    if (!make_room((void **)&s->tables, s->tables_count, sizeof(*s->tables)) ||
        !make_room((void **)&s->history, s->tables_count, sizeof(*s->history))) {
        nst_block_free(block);
        return false;
    }
    s->tables[s->tables_count] = block;
    s->history[s->tables_count++] = block->tables;
    s->inventory_changed = true;
    return inventory_learn(&s->inventory, block->tables);
}

/* What all tables read by now say together. */
static void settle_inventory(struct source *s)
{
    if (!s->inventory_changed)
        return;
    s->inventory_changed = false;
    if (!inventory_sort(&s->inventory) || !match_learn(&s->matcher, &s->inventory))
        no_memory(s);
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

/* What must be decoded to know that something of the block matches. */
static unsigned needed(const struct source *s, const struct nst_block_info *info)
{
    return match_block(&s->matcher, info) ? s->load : NST_LOAD_META;
}

/* A pipe's block of events. It is decoded even if it cannot match, so that its namespaces are
 * known: there is no coming back. */
static bool add_from_pipe(struct source *s, const struct nst_block *current)
{
    struct nst_block *block;
    bool no_packets = false;

    settle_inventory(s);
    if (load_block(s, needed(s, &current->info), &no_packets) < 0)
        return true;
    block = nst_reader_take(s->reader);
    if (!block)
        return false;
    asked_see(&s->asked, block);
    for (uint32_t i = 0; i < block->netns_count; i++) {
        netns_list_add(&s->seen, &block->netns[i]);
        if (!match_see_netns(&s->matcher, &block->netns[i]))
            no_memory(s);
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

/* The next block of the file, whatever it is. False: there is none, or reading failed. */
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
        no_memory(s);
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
static void read_ahead(struct source *s)
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

static uint64_t file_size(const char *path)
{
    struct stat st;

    if (strcmp(path, "-") ? stat(path, &st) : fstat(0, &st))
        return 0;
    return S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static void set_load(struct source *s, unsigned load)
{
    s->load = (load & (NST_LOAD_SITES | NST_LOAD_META | NST_LOAD_PACKETS)) | s->filter_load;
}

/* Other tools take such words where ours takes files. */
static const char *hint(const char *path, const struct filter *filter)
{
    static const char reason[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789 ";

    if (!*path)
        return "";
    if (filter && filter_any_drop(filter) && !path[strspn(path, reason)])
        return "; a reason is joined to its option: --drop=REASON";
    if (!path[strspn(path, word)])
        return "; a packet filter is given with -f 'EXPRESSION'";
    return "";
}

/* What it is called, and how long it is. */
static bool name_part(struct source *s, const struct source_place *place)
{
    s->file = (struct input_file){.path = place->path, .index = place->index};
    if (!place->begin)
        return true;
    if (asprintf(&s->part_name, "%s, from byte %" PRIu64 " on", place->path, place->begin) < 0) {
        s->part_name = NULL;
        return false;
    }
    s->file.path = s->part_name;
    return true;
}

static uint64_t part_size(const struct source *s, const struct source_place *place)
{
    uint64_t next = source_next_file(s), end = next ? next : file_size(place->path);

    return end > place->begin ? end - place->begin : 0;
}

static bool prepare(struct source *s, const struct source_place *place, const struct filter *filter,
                    unsigned load)
{
    if (!name_part(s, place) || !asked_init(&s->asked, filter) || !match_init(&s->matcher, filter))
        return false;
    s->filter_load = filter_needs_packets(filter) ? NST_LOAD_PACKETS : 0;
    set_load(s, load);
    s->keep_history = load & INPUT_HISTORY;
    return true;
}

static int cannot_open(const char *path, const struct filter *filter, const char *why)
{
    if (series_has_numbered(path))
        return message_error(path, "%s; there are numbered ones of this name: try %s*", why, path);
    return message_error(path, "%s%s", why, hint(path, filter));
}

/* The file could be read; what is in it cannot. */
static bool is_content(int error)
{
    return error == -EMEDIUMTYPE || error == -ENODATA || error == -EBADMSG ||
           error == -EPROTONOSUPPORT || error == -EIO;
}

static int cannot_read(const char *path, int error, const char *why)
{
    if (error == -EMEDIUMTYPE && file_kind(path) == FILE_KIND_DATABASE)
        message_error(path, "a database, not a capture: ask it with nstrail query, or with nstrail "
                            "netns, given alone");
    else
        message_error(path, "%s", why);
    return is_content(error) ? STATUS_PARTIAL : STATUS_FAILED;
}

int source_open(struct source **opened, const struct source_place *place,
                const struct filter *filter, unsigned load)
{
    struct source *s = calloc(1, sizeof(*s));
    struct nst_reader_options options = {.warn = warn, .context = s, .begin = place->begin};
    struct nst_error err = {0};
    int error;

    if (!s || !prepare(s, place, filter, load)) {
        source_close(s);
        return message_error(place->path, "no memory");
    }
    error = nst_reader_open(&s->reader, place->path, &options, &err);
    if (error < 0) {
        source_close(s);
        if (error == -ENOENT)
            return cannot_open(place->path, filter, err.text);
        return cannot_read(place->path, error, err.text);
    }
    s->seekable = nst_reader_seekable(s->reader);
    if (!s->seekable && filter_follows(filter)) {
        source_close(s);
        return message_error(place->path, "--follow reads its files twice, and this is a pipe: "
                                          "save it first");
    }
    s->file.info = nst_reader_file(s->reader);
    s->inventory.asleep_ns = s->file.info->boottime_ns - s->file.info->monotonic_ns;
    s->file.damage = nst_reader_damage(s->reader);
    read_ahead(s);
    s->file.size = s->seekable ? part_size(s, place) : 0;
    *opened = s;
    return STATUS_OK;
}

uint64_t source_next_file(const struct source *s)
{
    return nst_reader_next_file(s->reader);
}

void source_close(struct source *s)
{
    if (!s)
        return;
    source_settle(s);
    for (size_t i = s->pending_next; i < s->pending_count; i++)
        nst_block_free(s->pending[i].block);
    for (size_t i = 0; i < s->tables_count; i++)
        nst_block_free(s->tables[i]);
    free(s->pending);
    free(s->tables);
    free(s->history);
    anchors_free(&s->anchors);
    inventory_free(&s->inventory);
    inventory_free(&s->borrowed);
    match_free(&s->matcher);
    asked_free(&s->asked);
    journey_set_free(&s->chosen);
    nst_reader_close(s->reader);
    free(s->part_name);
    free(s);
}

bool source_borrow(struct source *s, const struct source *before, const struct source *behind)
{
    struct inventory *inv = &s->borrowed;

    if (!s->seekable || (!before && !behind))
        return true;
    inv->asleep_ns = s->inventory.asleep_ns;
    s->borrows = true;
    if (before && !inventory_learn_from(inv, &before->inventory))
        return false;
    /* What still was at the end of the one may have ended before the other begins. */
    if (before && behind)
        inventory_close(inv);
    return (!behind || inventory_learn_from(inv, &behind->inventory)) && inventory_sort(inv) &&
           match_learn(&s->matcher, inv);
}

const struct inventory *source_known(const struct source *s)
{
    return s->borrows ? &s->borrowed : &s->inventory;
}

bool source_first_time(const struct source *s, uint64_t *time_ns)
{
    *time_ns = s->totals.first_time_ns;
    return s->totals.blocks;
}

void source_set_times(struct source *s, uint64_t first_time_ns, uint64_t last_time_ns)
{
    size_t kept = s->pending_next;

    match_window(&s->matcher, first_time_ns, last_time_ns);
    for (size_t i = s->pending_next; i < s->pending_count; i++) {
        const struct pending *p = &s->pending[i];

        if (p->block || match_block(&s->matcher, &p->info))
            s->pending[kept++] = *p;
        else
            s->bytes_done += p->info.size;
    }
    s->pending_count = kept;
}

bool source_peek(const struct source *s, uint64_t *ts_ns)
{
    if (s->pending_next < s->pending_count) {
        *ts_ns = s->pending[s->pending_next].info.first_ts_ns;
        return true;
    }
    /* What a pipe has not given yet comes after all that it gave. */
    *ts_ns = s->totals.last_ts_ns + 1;
    return !s->seekable && !s->at_end && !s->failed;
}

/* The reader stands before the block with its header read. NULL: it does not. */
static const struct nst_block *go_to(struct source *s, const struct nst_block_info *info)
{
    struct nst_error err = {0};
    const struct nst_block *block;
    int got = nst_reader_seek(s->reader, info->offset, &err);

    if (got >= 0)
        got = nst_reader_next(s->reader, &block, &err);
    if (got < 0) {
        message_error(s->file.path, "%s", err.text);
        s->failed = true;
        return NULL;
    }
    /* Somebody writes over the file while we read it. */
    if (!got || block->info.offset != info->offset || block->info.events != info->events) {
        message_error(s->file.path, "the block at byte %llu has changed",
                      (unsigned long long)info->offset);
        s->failed = true;
        return NULL;
    }
    return block;
}

static bool any_matches(const struct source *s, const struct nst_block *block)
{
    for (uint32_t i = 0; i < block->info.events; i++)
        if (match_event(&s->matcher, block, &block->events[i]))
            return true;
    return false;
}

/* Packet bytes are most of the work: before they are unpacked for a filter that picks few
 * events, the rest of the block is asked. False: nothing matches, or it cannot be decoded. */
static bool load_matching(struct source *s, struct pending *p, const struct nst_block *block)
{
    bool rest_first = match_is_choosy(&s->matcher) && s->load & NST_LOAD_PACKETS;
    int got;

    p->unreadable = load_block(s, rest_first ? NST_LOAD_META : s->load, &p->no_packets) < 0;
    if (p->unreadable)
        return false;
    got = match_prepare(&s->matcher, block);
    if (got < 0)
        no_memory(s);
    if (got <= 0 || !rest_first)
        return got > 0;
    if (!any_matches(s, block))
        return false;
    p->unreadable = load_block(s, s->load, &p->no_packets) < 0;
    return !p->unreadable;
}

/* The decoded block, or NULL. */
static struct nst_block *load_pending(struct source *s, struct pending *p)
{
    const struct nst_block *current;
    struct nst_block *block;

    if (p->block) {
        if (match_prepare(&s->matcher, p->block) > 0)
            return p->block;
        nst_block_free(p->block);
        return NULL;
    }
    /* While --follow chooses journeys, blocks that can only have other events of them are there. */
    if (!match_block(&s->matcher, &p->info))
        return NULL;
    current = go_to(s, &p->info);
    p->unreadable = !current;
    if (!current || !load_matching(s, p, current))
        return NULL;
    block = nst_reader_take(s->reader);
    if (!block)
        no_memory(s);
    return block;
}

static struct chunk *make_chunk(struct source *s, struct nst_block *block, uint64_t event_base)
{
    struct chunk *chunk = chunk_new(block, event_base, &s->matcher);

    if (!chunk) {
        nst_block_free(block);
        no_memory(s);
        return NULL;
    }
    /* Without events nobody can say that none matches. */
    if (chunk->count || !block->events)
        return chunk;
    chunk_free(chunk);
    return NULL;
}

static struct chunk *decode(struct source *s, struct pending *p)
{
    struct nst_block *block;
    struct chunk *chunk = NULL;

    if (p->unreadable || p->in_vain)
        return NULL;
    block = load_pending(s, p);
    if (block)
        chunk = make_chunk(s, block, p->event_base);
    p->in_vain = !chunk;
    return chunk;
}

/* What the thread of source_take() does. */
static void *decode_ahead(void *context)
{
    struct source *s = context;

    return decode(s, &s->pending[s->ahead_next++]);
}

static void discard_chunk(void *chunk)
{
    chunk_free(chunk);
}

static void start_ahead(struct source *s)
{
    size_t left = s->pending_count - s->pending_next;

    if (!s->seekable || left < AHEAD_WORTH || !s->ahead_left || !*s->ahead_left)
        return;
    s->ahead_next = s->pending_next;
    s->ahead = ahead_start(decode_ahead, discard_chunk, s, left);
    if (s->ahead)
        --*s->ahead_left;
}

void source_settle(struct source *s)
{
    if (!s->ahead)
        return;
    ahead_stop(s->ahead);
    s->ahead = NULL;
    ++*s->ahead_left;
}

struct chunk *source_take(struct source *s)
{
    struct chunk *chunk;
    struct pending *p;

    if (!s->seekable)
        read_ahead(s);
    if (s->pending_next == s->pending_count)
        return NULL;
    if (!s->ahead)
        start_ahead(s);
    p = &s->pending[s->pending_next++];
    s->bytes_done += p->info.size;
    chunk = s->ahead ? ahead_take(s->ahead) : decode(s, p);
    if (s->pending_next == s->pending_count)
        source_settle(s);
    return chunk;
}

void source_restart(struct source *s, unsigned load)
{
    source_settle(s);
    set_load(s, load);
    for (size_t i = 0; i < s->pending_next; i++)
        s->bytes_done -= s->pending[i].info.size;
    s->pending_next = 0;
}

void source_follow(struct source *s, const struct journey_set *journeys)
{
    match_follow(&s->matcher, journeys);
    for (size_t i = 0; i < s->pending_count; i++)
        s->pending[i].in_vain = false;
}

void source_visit(struct source *s, bool (*visit)(void *context, const struct nst_block *block),
                  void *context)
{
    for (size_t i = s->pending_next; i < s->pending_count && !s->failed; i++) {
        struct pending *p = &s->pending[i];
        const struct nst_block *block = p->unreadable ? NULL : go_to(s, &p->info);

        if (!block)
            continue;
        p->unreadable = load_block(s, NST_LOAD_META, &p->no_packets) < 0;
        if (!p->unreadable && !visit(context, block))
            return;
    }
}

int source_status(const struct source *s)
{
    const struct nst_damage *d = s->file.damage;
    bool damaged = d->bad_header || d->bad_blocks || d->lost_blocks || d->skipped_bytes ||
                   d->torn_bytes || s->failed || s->left_out;

    if (!damaged)
        return STATUS_OK;
    return s->totals.blocks + s->totals.tables_blocks > s->unread_blocks ? STATUS_PARTIAL
                                                                         : STATUS_FAILED;
}
