/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/tables.h"

#include <errno.h>

#include "format/decode.h"
#include "format/error.h"
#include "format/layout.h"
#include "format/rows_decode.h"
#include "format/rows_encode.h"

/* Those from the first to the last, with ids in between that are none and stay empty. */
enum {
    FIRST_COLUMN = COLUMN_TABLES_COUNTS,
    TABLE_COLUMNS = COLUMN_ADDRESS_PREFIX - FIRST_COLUMN + 1,
};

static struct buffer *column(struct buffer *columns, uint16_t id)
{
    return &columns[id - FIRST_COLUMN];
}

static void encode_columns(const struct nst_tables *t, struct buffer *b)
{
    size_t i;

    nst_buffer_varint(column(b, COLUMN_TABLES_COUNTS), t->netns_names_count);
    nst_buffer_varint(column(b, COLUMN_TABLES_COUNTS), t->counters_count);
    nst_buffer_varint(column(b, COLUMN_TABLES_TIME), t->ts_ns);
    for (i = 0; i < t->netns_names_count; i++) {
        const struct nst_netns_name *n = &t->netns_names[i];

        nst_buffer_varint(column(b, COLUMN_NAME_COOKIE), n->netns.cookie);
        nst_buffer_varint(column(b, COLUMN_NAME_INUM), n->netns.inum);
        nst_buffer_string(column(b, COLUMN_NAME_NAME), n->name ? n->name : "");
        nst_buffer_varint(column(b, COLUMN_NAME_FIRST), n->first_ts_ns);
        nst_buffer_varint(column(b, COLUMN_NAME_LAST), zigzag(n->last_ts_ns - n->first_ts_ns));
        nst_buffer_byte(column(b, COLUMN_NAME_PLACE), n->place);
    }
    for (i = 0; i < t->counters_count; i++) {
        const struct nst_counter *c = &t->counters[i];

        nst_buffer_string(column(b, COLUMN_COUNTER_NAME), c->name ? c->name : "");
        nst_buffer_string(column(b, COLUMN_COUNTER_PROBE), c->probe);
        nst_buffer_varint(column(b, COLUMN_COUNTER_CPU), (uint32_t)(c->cpu + 1));
        nst_buffer_byte(column(b, COLUMN_COUNTER_KNOWN), c->known);
        nst_buffer_varint(column(b, COLUMN_COUNTER_VALUE), c->known ? c->value : 0);
    }
}

static int check_counts(const struct nst_tables *t, struct nst_error *err)
{
    size_t rows = 0, count;
    int kind;

    if (t->netns_names_count > NST_MAX_TABLE_ENTRIES || t->counters_count > NST_MAX_TABLE_ENTRIES)
        return nst_fail(err, -EFBIG, "tables: %zu names and %zu counters, the limit is %u each",
                        t->netns_names_count, t->counters_count, NST_MAX_TABLE_ENTRIES);
    for (kind = 0; kind < ROW_KINDS; kind++) {
        nst_rows_of(t, (enum row_kind)kind, &count);
        /* Their sum cannot overflow: each is an array in memory. */
        rows += count;
    }
    if (rows > NST_MAX_ROWS)
        return nst_fail(err, -EFBIG, "tables: an inventory of %zu rows, the limit is %u", rows,
                        NST_MAX_ROWS);
    return 0;
}

int nst_tables_encode(const struct nst_tables *tables, struct buffer *plain, struct nst_error *err)
{
    struct buffer buffers[TABLE_COLUMNS] = {{0}};
    struct column columns[TABLE_COLUMNS];
    bool failed;
    int ret, i;

    ret = check_counts(tables, err);
    if (ret < 0)
        return ret;
    encode_columns(tables, buffers);
    failed =
        nst_rows_encode(tables, buffers, FIRST_COLUMN, column(buffers, COLUMN_TABLES_COUNTS)) < 0;
    for (i = 0; i < TABLE_COLUMNS; i++) {
        columns[i] = (struct column){
            .id = (uint16_t)(FIRST_COLUMN + i), .data = buffers[i].data, .len = buffers[i].len};
        failed |= buffers[i].failed;
    }
    ret = failed ? -ENOMEM : nst_frame_build(plain, columns, TABLE_COLUMNS);
    for (i = 0; i < TABLE_COLUMNS; i++)
        nst_buffer_free(&buffers[i]);
    if (ret < 0)
        nst_fail(err, ret,
                 ret == -EFBIG ? "tables: more than %u bytes" : "no memory for the tables",
                 NST_MAX_PLAIN);
    return ret;
}

static void take_names(struct cursor *c, struct nst_netns_name *names, size_t count, char **text)
{
    size_t i;

    for (i = 0; i < count; i++) {
        names[i].netns.cookie = cursor_varint(&c[COLUMN_NAME_COOKIE]);
        names[i].netns.inum = cursor_bounded(&c[COLUMN_NAME_INUM], UINT32_MAX);
        nst_decode_name(&c[COLUMN_NAME_NAME], text, &names[i].name);
        names[i].first_ts_ns = cursor_varint(&c[COLUMN_NAME_FIRST]);
        names[i].last_ts_ns = names[i].first_ts_ns + unzigzag(cursor_varint(&c[COLUMN_NAME_LAST]));
        names[i].place = cursor_u8(&c[COLUMN_NAME_PLACE]);
    }
}

static void take_counters(struct cursor *c, struct nst_counter *counters, size_t count, char **text)
{
    size_t i;

    for (i = 0; i < count; i++) {
        nst_decode_name(&c[COLUMN_COUNTER_NAME], text, &counters[i].name);
        nst_decode_string(&c[COLUMN_COUNTER_PROBE], text, &counters[i].probe);
        counters[i].cpu = cursor_bounded(&c[COLUMN_COUNTER_CPU], UINT32_MAX) - 1;
        counters[i].known = cursor_u8(&c[COLUMN_COUNTER_KNOWN]) & 1;
        counters[i].value = cursor_varint(&c[COLUMN_COUNTER_VALUE]);
        if (!counters[i].known)
            counters[i].value = 0;
    }
}

/* Takes how much there is of everything, of *t and of the plan. */
static int take_counts(struct cursor *c, size_t frame_len, struct nst_tables *t,
                       struct rows_plan *plan, size_t *size, struct nst_error *err)
{
    int ret;

    *t = (struct nst_tables){0};
    t->netns_names_count = cursor_bounded(&c[COLUMN_TABLES_COUNTS], NST_MAX_TABLE_ENTRIES);
    t->counters_count = cursor_bounded(&c[COLUMN_TABLES_COUNTS], NST_MAX_TABLE_ENTRIES);
    /* Each entry has a name, that is a byte at least: memory stays in proportion. */
    if (c[COLUMN_TABLES_COUNTS].failed || t->netns_names_count > frame_len ||
        t->counters_count > frame_len)
        return nst_fail(err, -EBADMSG, "%zu names and %zu counters are more than it can hold",
                        t->netns_names_count, t->counters_count);
    ret = nst_rows_plan(c, plan, size, err);
    /* A later version may count more. */
    c[COLUMN_TABLES_COUNTS].pos = c[COLUMN_TABLES_COUNTS].end;
    return ret;
}

static int take_tables(struct cursor *c, size_t frame_len, struct content *content,
                       struct nst_error *err)
{
    struct nst_tables *t = &content->tables;
    size_t size = 0, names, counters, texts;
    struct rows_plan plan;
    uint8_t *p;
    char *text;
    int ret = take_counts(c, frame_len, t, &plan, &size, err);

    if (ret < 0)
        return ret;
    t->ts_ns = cursor_varint(&c[COLUMN_TABLES_TIME]);
    names = nst_decode_reserve(&size, t->netns_names_count, sizeof(*t->netns_names));
    counters = nst_decode_reserve(&size, t->counters_count, sizeof(*t->counters));
    texts = nst_decode_reserve(&size, frame_len, 1);
    content->memory.failed = false;
    p = nst_buffer_room(&content->memory, size);
    if (!p)
        return nst_fail(err, -ENOMEM, "no memory for its tables");
    content->memory.len = size;
    text = (char *)p + texts;
    take_names(c, (struct nst_netns_name *)(p + names), t->netns_names_count, &text);
    take_counters(c, (struct nst_counter *)(p + counters), t->counters_count, &text);
    nst_rows_decode(c, &plan, p, &text, t);
    t->netns_names = (const struct nst_netns_name *)(p + names);
    t->counters = (const struct nst_counter *)(p + counters);
    content->block.tables = t;
    return 0;
}

int nst_decode_tables(struct decoder *d, struct content *content, const struct block_header *h,
                      const uint8_t *meta, struct nst_error *err)
{
    int ret;

    nst_content_clear(content);
    if (!h->meta.plain) /* an END without tables */
        return 0;
    ret = nst_decode_inflate(&h->meta, meta, &d->meta, 0, err);
    if (ret == 0)
        ret = nst_frame_parse(&d->frame, d->meta.data, d->meta.len, err);
    if (ret == 0)
        ret = take_tables(d->frame.columns, d->meta.len, content, err);
    if (ret == 0)
        ret = nst_frame_finish(&d->frame, NST_COLUMN_IDS, err);
    if (ret < 0)
        nst_content_clear(content);
    return ret;
}
