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
#include "analyze/source_internal.h"

bool input_same_capture(const struct input_file *a, const struct input_file *b)
{
    static const uint8_t unknown[sizeof(a->info->capture_id)];

    if (a == b)
        return true;
    return memcmp(a->info->capture_id, unknown, sizeof(unknown)) &&
           !memcmp(a->info->capture_id, b->info->capture_id, sizeof(unknown));
}

void source_no_memory(struct source *s)
{
    message_error(s->file.path, "no memory");
    s->failed = true;
}

static void warn(void *context, const char *text)
{
    const struct source *s = context;

    message_warn(s->file.path, "%s", text);
}

static uint64_t file_size(const char *path)
{
    struct stat st;

    if (strcmp(path, "-") ? stat(path, &st) : fstat(0, &st))
        return 0;
    return S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* What may have been meant by a file that does not exist: other tools take such words without an
 * option. */
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

/* What messages call it. */
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
    if (!name_part(s, place) || !filter_values_init(&s->values, filter) ||
        !match_init(&s->matcher, filter))
        return false;
    s->filter_load = filter_needs_packets(filter) ? NST_LOAD_PACKETS : 0;
    source_set_load(s, load);
    s->keep_history = load & INPUT_HISTORY;
    return true;
}

static int cannot_open(const char *path, const struct filter *filter, const char *why)
{
    if (series_has_numbered(path))
        return message_error(path, "%s; there are numbered ones of this name: try %s*", why, path);
    return message_error(path, "%s%s", why, hint(path, filter));
}

/* The error is about what the file holds, not about opening it. */
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
    source_read_ahead(s);
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
    filter_values_free(&s->values);
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
    /* What was still true at the end of the file before may have ended before the one behind
     * begins. */
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
    /* What is still to come by a pipe is later than all that came by it. */
    *ts_ns = s->totals.last_ts_ns + 1;
    return !s->seekable && !s->at_end && !s->failed;
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
