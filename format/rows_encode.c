/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/rows_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/bytes.h"
#include "format/dict.h"
#include "format/layout.h"
#include "format/rows.h"

/* The strings of a block, each once: paths and cgroups repeat more often than they differ. */
struct texts {
    const char **list; /* borrowed from the rows */
    uint32_t count, room;
    struct hash_table table;
};

struct encoding {
    struct buffer *columns;
    uint16_t first; /* id of columns[0] */
    struct texts texts;
    struct dict spaces;
    bool failed;
};

static struct buffer *column(struct encoding *e, uint16_t id)
{
    return &e->columns[id - e->first];
}

static bool texts_room(struct texts *t)
{
    uint32_t room = t->room ? t->room * 2 : 256;
    const char **list;

    if (t->count < t->room)
        return nst_hash_room(&t->table) == 0;
    list = reallocarray(t->list, room, sizeof(*list));
    if (!list)
        return false;
    t->list = list;
    t->room = room;
    return nst_hash_room(&t->table) == 0;
}

/* Its index + 1. */
static uint32_t text_index(struct encoding *e, const char *text)
{
    size_t len = strnlen(text, NST_MAX_TEXT);
    uint32_t hash = (uint32_t)nst_hash_bytes(text, len);
    struct texts *t = &e->texts;
    const struct hash_slot *s;

    for (s = nst_hash_first(&t->table, hash); s->entry; s = nst_hash_next(&t->table, s)) {
        if (s->hash == hash && strncmp(t->list[s->entry - 1], text, NST_MAX_TEXT) == 0)
            return s->entry;
    }
    if (!texts_room(t)) {
        e->failed = true;
        return 0;
    }
    nst_hash_add(&t->table, hash, t->count);
    t->list[t->count++] = text;
    nst_buffer_text(column(e, COLUMN_TEXT), text, len);
    return t->count;
}

static uint32_t space_index(struct encoding *e, const struct nst_netns *netns)
{
    const struct dict_key key = {.first = netns->cookie, .second = netns->inum};
    uint32_t known = e->spaces.count, index = nst_dict_index(&e->spaces, &key);

    if (index == NST_NONE) {
        e->failed = true;
        return 0;
    }
    if (index == known) {
        nst_buffer_varint(column(e, COLUMN_SPACE_COOKIE), netns->cookie);
        nst_buffer_varint(column(e, COLUMN_SPACE_INUM), netns->inum);
    }
    return index + 1;
}

static uint64_t number_at(const uint8_t *at, uint8_t type)
{
    uint64_t wide;
    uint32_t narrow;

    if (type == FIELD_FIRST || type == FIELD_LAST || type == FIELD_U64) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return narrow;
}

/* One that ended before it began did so at once. */
static uint64_t encode_last(uint64_t first, uint64_t last)
{
    if (last == NST_STILL)
        return 0;
    return last > first ? last - first + 1 : 1;
}

static void encode_space(struct encoding *e, struct buffer *b, const uint8_t *at, bool none)
{
    struct nst_netns netns;

    memcpy(&netns, at, sizeof(netns));
    nst_buffer_varint(b, none && !netns.cookie && !netns.inum ? 0 : space_index(e, &netns));
}

static void encode_text(struct encoding *e, struct buffer *b, const uint8_t *at)
{
    const char *text;

    memcpy(&text, at, sizeof(text));
    nst_buffer_varint(b, text ? text_index(e, text) : 0);
}

static void encode_octets(struct buffer *b, const uint8_t *at)
{
    struct nst_octets octets;

    memcpy(&octets, at, sizeof(octets));
    if (octets.len > sizeof(octets.data))
        octets.len = 0;
    nst_buffer_text(b, octets.len ? (const char *)octets.data : NULL, octets.len);
}

/* *first is the row's before, then this one's. */
static void encode_field(struct encoding *e, const struct row_field *field, const uint8_t *at,
                         uint64_t *first)
{
    struct buffer *b = column(e, field->column);
    uint64_t number = 0;

    switch (field->type) {
    case FIELD_SPACE:
    case FIELD_SPACE_NONE:
        encode_space(e, b, at, field->type == FIELD_SPACE_NONE);
        return;
    case FIELD_TEXT:
        encode_text(e, b, at);
        return;
    case FIELD_OCTETS:
        encode_octets(b, at);
        return;
    case FIELD_U8:
        nst_buffer_byte(b, *at);
        return;
    default:
        number = number_at(at, field->type);
        break;
    }
    if (field->type == FIELD_FIRST) {
        nst_buffer_varint(b, zigzag(number - *first));
        *first = number;
    } else if (field->type == FIELD_LAST) {
        nst_buffer_varint(b, encode_last(*first, number));
    } else if (field->type == FIELD_U32_NONE) {
        nst_buffer_varint(b, (uint32_t)(number + 1));
    } else {
        nst_buffer_varint(b, number);
    }
}

static void encode_kind(struct encoding *e, const struct nst_tables *tables, enum row_kind kind)
{
    const struct row_layout *layout = &nst_row_layouts[kind];
    uint64_t first = tables->ts_ns;
    size_t count, i, j;
    const uint8_t *row = nst_rows_of(tables, kind, &count);

    for (i = 0; i < count; i++, row += layout->size) {
        for (j = 0; j < layout->fields_count; j++)
            encode_field(e, &layout->fields[j], row + layout->fields[j].offset, &first);
    }
}

int nst_rows_encode(const struct nst_tables *tables, struct buffer *columns, uint16_t first,
                    struct buffer *counts)
{
    struct encoding e = {.columns = columns, .first = first};
    size_t rows[ROW_KINDS], all = 0;
    int kind;

    for (kind = 0; kind < ROW_KINDS; kind++) {
        nst_rows_of(tables, (enum row_kind)kind, &rows[kind]);
        all += rows[kind];
    }
    if (!all)
        return 0;
    if (nst_dict_init(&e.spaces) < 0 || nst_hash_init(&e.texts.table) < 0)
        e.failed = true;
    for (kind = 0; !e.failed && kind < ROW_KINDS; kind++)
        encode_kind(&e, tables, (enum row_kind)kind);
    nst_buffer_varint(counts, e.texts.count);
    nst_buffer_varint(counts, e.spaces.count);
    for (kind = 0; kind < ROW_KINDS; kind++)
        nst_buffer_varint(counts, rows[kind]);
    nst_dict_free(&e.spaces);
    nst_hash_free(&e.texts.table);
    free(e.texts.list);
    return e.failed ? -ENOMEM : 0;
}
