/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Decodes blocks and finds what matches in each, in a thread of its own where that is worth it. */
#include "config.h"

#include "analyze/message.h"
#include "analyze/source_internal.h"

/* A file with fewer blocks is read before a thread would have begun. */
#define PREFETCH_WORTH 4

/* Moves the reader to that block and reads its header. NULL: it cannot, and it was said why. */
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

/* Decodes the block if anything in it matches. Packet bytes are most of the work: for a filter that
 * picks few events they are decoded only if an event of the block matches by all else. False:
 * nothing matches, or it cannot be decoded. */
static bool load_matching(struct source *s, struct pending *p, const struct nst_block *block)
{
    bool rest_first = match_is_choosy(&s->matcher) && s->load & NST_LOAD_PACKETS;
    int got;

    p->unreadable = source_load_block(s, rest_first ? NST_LOAD_META : s->load, &p->no_packets) < 0;
    if (p->unreadable)
        return false;
    got = match_prepare(&s->matcher, block);
    if (got < 0)
        source_no_memory(s);
    if (got <= 0 || !rest_first)
        return got > 0;
    if (!any_matches(s, block))
        return false;
    p->unreadable = source_load_block(s, s->load, &p->no_packets) < 0;
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
    /* With --follow even blocks that cannot match are in the list, for events of the same journeys:
     * while journeys are chosen, they are passed over. */
    if (!match_block(&s->matcher, &p->info))
        return NULL;
    current = go_to(s, &p->info);
    p->unreadable = !current;
    if (!current || !load_matching(s, p, current))
        return NULL;
    block = nst_reader_take(s->reader);
    if (!block)
        source_no_memory(s);
    return block;
}

static struct chunk *make_chunk(struct source *s, struct nst_block *block, uint64_t event_base)
{
    struct chunk *chunk = chunk_new(block, event_base, &s->matcher);

    if (!chunk) {
        nst_block_free(block);
        source_no_memory(s);
        return NULL;
    }
    /* Where events were not decoded, nobody can say that none matches. */
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
static void *decode_next(void *context)
{
    struct source *s = context;

    return decode(s, &s->pending[s->prefetch_next++]);
}

static void discard_chunk(void *chunk)
{
    chunk_free(chunk);
}

static void start_prefetch(struct source *s)
{
    size_t left = s->pending_count - s->pending_next;

    if (!s->seekable || left < PREFETCH_WORTH || !s->prefetches_left || !*s->prefetches_left)
        return;
    s->prefetch_next = s->pending_next;
    s->prefetch = prefetch_start(decode_next, discard_chunk, s, left);
    if (s->prefetch)
        --*s->prefetches_left;
}

void source_settle(struct source *s)
{
    if (!s->prefetch)
        return;
    prefetch_stop(s->prefetch);
    s->prefetch = NULL;
    ++*s->prefetches_left;
}

struct chunk *source_take(struct source *s)
{
    struct chunk *chunk;
    struct pending *p;

    if (!s->seekable)
        source_read_ahead(s);
    if (s->pending_next == s->pending_count)
        return NULL;
    if (!s->prefetch)
        start_prefetch(s);
    p = &s->pending[s->pending_next++];
    s->bytes_done += p->info.size;
    chunk = s->prefetch ? prefetch_take(s->prefetch) : decode(s, p);
    if (s->pending_next == s->pending_count)
        source_settle(s);
    return chunk;
}

void source_set_load(struct source *s, unsigned load)
{
    s->load = (load & (NST_LOAD_SITES | NST_LOAD_META | NST_LOAD_PACKETS)) | s->filter_load;
}

void source_restart(struct source *s, unsigned load)
{
    source_settle(s);
    source_set_load(s, load);
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
        p->unreadable = source_load_block(s, NST_LOAD_META, &p->no_packets) < 0;
        if (!p->unreadable && !visit(context, block))
            return;
    }
}
