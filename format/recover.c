/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"
#include "format/crc32c.h"
#include "format/layout.h"
#include "format/search.h"

/* More gaps than this are not kept apart: the oldest blocks then count as lost for good. */
enum { MAX_GAPS = 4096 };
/* How much is looked through at once. */
enum { SEARCH_SIZE = 64 * 1024 };
/* A pipe or a device need never end, and no recorder writes so much that is no block. */
#define SEARCH_IN_PIPE_MAX (64u * 1024 * 1024)

static void insert_gap(struct gaps *g, size_t at, struct gap gap)
{
    struct gap *list;

    if (g->count == MAX_GAPS) {
        if (!at)
            return;
        memmove(g->list, g->list + 1, --g->count * sizeof(*g->list));
        at--;
    }
    list = nst_array_room(g->list, g->count, &g->room, sizeof(*list));
    if (!list)
        return;
    g->list = list;
    memmove(g->list + at + 1, g->list + at, (g->count - at) * sizeof(*g->list));
    g->list[at] = gap;
    g->count++;
}

static void fill_gap(struct gaps *g, size_t at, uint64_t sequence)
{
    struct gap gap = g->list[at];

    g->missing--;
    if (gap.first == gap.last) {
        memmove(g->list + at, g->list + at + 1, (--g->count - at) * sizeof(*g->list));
    } else if (sequence == gap.first) {
        g->list[at].first++;
    } else {
        g->list[at].last = sequence - 1;
        if (sequence < gap.last)
            insert_gap(g, at + 1, (struct gap){sequence + 1, gap.last});
    }
}

enum sequence nst_gaps_note(struct gaps *g, uint64_t sequence)
{
    struct search s = search_in(g->count);

    if (sequence >= g->next) {
        bool gap = sequence > g->next;

        if (gap)
            insert_gap(g, g->count, (struct gap){g->next, sequence - 1});
        g->missing += sequence - g->next;
        /* Nothing comes after the highest number, so nothing need be above it. */
        g->next = sequence == UINT64_MAX ? sequence : sequence + 1;
        return gap ? SEQUENCE_GAP : SEQUENCE_NEXT;
    }
    while (search_step(&s))
        search_tell(&s, g->list[s.at].last < sequence);
    if (s.at == g->count || g->list[s.at].first > sequence)
        return SEQUENCE_AGAIN;
    fill_gap(g, s.at, sequence);
    return SEQUENCE_LATE;
}

void nst_gaps_free(struct gaps *g)
{
    free(g->list);
}

static uint32_t hash_offset(uint64_t offset)
{
    return (uint32_t)hash_mix(1, offset);
}

bool nst_offsets_has(const struct offsets *o, uint64_t offset)
{
    uint32_t hash = hash_offset(offset);
    const struct hash_slot *s;

    if (!o->count)
        return false;
    for (s = nst_hash_first(&o->table, hash); s->entry; s = nst_hash_next(&o->table, s)) {
        if (s->hash == hash && o->list[s->entry - 1] == offset)
            return true;
    }
    return false;
}

void nst_offsets_add(struct offsets *o, uint64_t offset)
{
    uint64_t *list;

    if (!o->table.slots && nst_hash_init(&o->table) < 0)
        return;
    list = nst_array_room(o->list, o->count, &o->room, sizeof(*list));
    if (!list)
        return;
    o->list = list;
    if (nst_hash_room(&o->table) < 0)
        return;
    nst_hash_add(&o->table, hash_offset(offset), (uint32_t)o->count);
    o->list[o->count++] = offset;
}

void nst_offsets_free(struct offsets *o)
{
    free(o->list);
    nst_hash_free(&o->table);
}

enum found nst_recover_header(struct source *s, uint64_t offset, const uint8_t *salt,
                              struct block_header *h)
{
    size_t have, length;
    const uint8_t *p = nst_source_at(s, offset, BLOCK_FIXED_SIZE, &have);

    if (!p)
        return FOUND_NO_MEMORY;
    if (!have)
        return FOUND_END;
    if (have < BLOCK_FIXED_SIZE)
        return FOUND_NOTHING;
    length = nst_block_header_length(p);
    if (length > BLOCK_FIXED_SIZE) {
        p = nst_source_at(s, offset, length, &have);
        if (!p)
            return FOUND_NO_MEMORY;
        if (have < length)
            return FOUND_NOTHING;
    }
    if (!length || !nst_block_decode(p, salt, h))
        return FOUND_NOTHING;
    h->info.offset = offset;
    return FOUND_BLOCK;
}

int nst_recover_check(struct source *s, uint64_t offset, const struct block_header *h)
{
    size_t frames = (size_t)h->meta.stored + h->pkt.stored, have;
    const uint8_t *p = nst_source_at(s, offset + h->length, frames, &have);

    if (!p)
        return -ENOMEM;
    if (have < frames)
        return -ENODATA;
    return nst_crc32c(0, p, h->meta.stored) == h->meta.crc &&
           nst_crc32c(0, p + h->meta.stored, frames - h->meta.stored) == h->pkt.crc;
}

bool nst_recover_worth(uint64_t in_vain, uint64_t offset)
{
    return in_vain <= CHECKED_IN_VAIN_MIN || in_vain / CHECKED_IN_VAIN_TIMES <= offset;
}

/* A header without its salt known proves itself by its content. */
static bool trusted(struct source *s, const struct block_header *h, uint64_t *in_vain)
{
    const uint8_t *p;
    size_t have;

    if (!nst_recover_worth(*in_vain, h->info.offset))
        return false;
    p = nst_source_at(s, h->info.offset + h->length, h->meta.stored, &have);
    if (p && have == h->meta.stored && nst_crc32c(0, p, have) == h->meta.crc)
        return true;
    *in_vain += h->meta.stored;
    return false;
}

enum found nst_recover_search(struct source *s, uint64_t *offset, const uint8_t *salt,
                              struct block_header *h)
{
    uint8_t key[NST_MAGIC_SIZE + NST_SALT_SIZE];
    size_t key_size = salt ? sizeof(key) : NST_MAGIC_SIZE, have;
    uint64_t in_vain = 0, begin = *offset;
    const uint8_t *p, *hit;
    enum found found;

    memcpy(key, NST_BLOCK_MAGIC, NST_MAGIC_SIZE);
    if (salt)
        memcpy(key + NST_MAGIC_SIZE, salt, NST_SALT_SIZE);
    for (;;) {
        nst_source_release(s, *offset);
        /* After a hit in vain, what is at hand first: not all of it again for each. */
        have = nst_source_at_hand(s, *offset);
        p = nst_source_at(s, *offset, have < key_size ? SEARCH_SIZE : have, &have);
        if (!p)
            return FOUND_NO_MEMORY;
        if (have < key_size) {
            *offset += have;
            return FOUND_END;
        }
        if (!s->seekable && *offset - begin > SEARCH_IN_PIPE_MAX) {
            nst_source_end(s);
            return FOUND_ENDLESS;
        }
        hit = memmem(p, have, key, key_size);
        if (!hit) {
            *offset += have - (key_size - 1);
            continue;
        }
        *offset += (size_t)(hit - p);
        found = nst_recover_header(s, *offset, salt, h);
        if (found == FOUND_NO_MEMORY)
            return found;
        if (found == FOUND_BLOCK && (salt || trusted(s, h, &in_vain)))
            return found;
        (*offset)++;
    }
}
