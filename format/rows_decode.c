/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/rows_decode.h"

#include <errno.h>
#include <string.h>

#include "format/decode.h"
#include "format/error.h"
#include "format/layout.h"

/* What rows refer to. */
struct referred {
    const char *const *texts;
    const struct nst_netns *spaces;
    uint32_t texts_count, spaces_count;
};

int nst_rows_plan(struct cursor *columns, struct rows_plan *plan, size_t *size,
                  struct nst_error *err)
{
    struct cursor *c = &columns[COLUMN_TABLES_COUNTS];
    bool fits;
    uint32_t all = 0;
    int kind;

    *plan = (struct rows_plan){0};
    if (c->pos == c->end) /* none of them, as before there was an inventory */
        return 0;
    plan->texts = cursor_bounded(c, NST_MAX_PLAIN);
    plan->spaces = cursor_bounded(c, 2 * NST_MAX_ROWS);
    /* Each text has a byte at least, and each row one that says its namespace: memory stays in
     * proportion. A row refers to two namespaces at most. */
    fits = plan->texts <= cursor_left(&columns[COLUMN_TEXT]);
    for (kind = 0; kind < ROW_KINDS; kind++) {
        plan->rows[kind] = cursor_bounded(c, NST_MAX_ROWS);
        fits &= plan->rows[kind] <= cursor_left(&columns[nst_row_layouts[kind].fields[0].column]);
        all += plan->rows[kind];
    }
    if (c->failed || !fits || all > NST_MAX_ROWS || plan->spaces > 2 * all)
        return nst_fail(err, -EBADMSG, "its inventory of %u rows is more than it can hold", all);
    plan->texts_at = nst_decode_reserve(size, plan->texts, sizeof(char *));
    plan->spaces_at = nst_decode_reserve(size, plan->spaces, sizeof(struct nst_netns));
    for (kind = 0; kind < ROW_KINDS; kind++)
        plan->rows_at[kind] =
            nst_decode_reserve(size, plan->rows[kind], nst_row_layouts[kind].size);
    return 0;
}

static void take_space(struct cursor *c, const struct referred *r, uint8_t *at)
{
    struct nst_netns netns = {0};
    uint32_t index = cursor_bounded(c, r->spaces_count);

    if (index)
        netns = r->spaces[index - 1];
    memcpy(at, &netns, sizeof(netns));
}

static void take_text(struct cursor *c, const struct referred *r, uint8_t *at)
{
    uint32_t index = cursor_bounded(c, r->texts_count);
    const char *text = index ? r->texts[index - 1] : NULL;

    memcpy(at, &text, sizeof(text));
}

static void take_octets(struct cursor *c, uint8_t *at)
{
    struct nst_octets octets = {0};
    uint32_t len = cursor_bounded(c, sizeof(octets.data) + 1);
    const uint8_t *bytes = len ? cursor_take(c, len - 1) : NULL;

    if (bytes) {
        octets.len = (uint8_t)(len - 1);
        memcpy(octets.data, bytes, octets.len);
    }
    memcpy(at, &octets, sizeof(octets));
}

static void put_u64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void put_u32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void take_last(struct cursor *c, uint64_t first, uint8_t *at)
{
    uint64_t span = cursor_varint(c);

    put_u64(at, span ? first + (span - 1) : NST_STILL);
}

/* *first is the row's before, then this one's. */
static void take_field(struct cursor *c, const struct row_field *field, const struct referred *r,
                       uint8_t *at, uint64_t *first)
{
    switch (field->type) {
    case FIELD_SPACE:
    case FIELD_SPACE_NONE:
        take_space(c, r, at);
        break;
    case FIELD_FIRST:
        *first += unzigzag(cursor_varint(c));
        put_u64(at, *first);
        break;
    case FIELD_LAST:
        take_last(c, *first, at);
        break;
    case FIELD_U64:
        put_u64(at, cursor_varint(c));
        break;
    case FIELD_U32:
        put_u32(at, cursor_bounded(c, UINT32_MAX));
        break;
    case FIELD_U32_NONE:
        put_u32(at, cursor_bounded(c, UINT32_MAX) - 1);
        break;
    case FIELD_U8:
        *at = cursor_u8(c);
        break;
    case FIELD_TEXT:
        take_text(c, r, at);
        break;
    case FIELD_OCTETS:
        take_octets(c, at);
        break;
    }
}

static void take_rows(struct cursor *columns, const struct row_layout *layout,
                      const struct referred *r, uint8_t *row, uint32_t count, uint64_t first)
{
    uint32_t i;
    size_t j;

    memset(row, 0, count * layout->size);
    for (i = 0; i < count; i++, row += layout->size) {
        for (j = 0; j < layout->fields_count; j++) {
            const struct row_field *field = &layout->fields[j];

            take_field(&columns[field->column], field, r, row + field->offset, &first);
        }
    }
}

/* What later code need not ask for: an id is never NULL, a name neither. */
static void mend_names(struct nst_container *containers, uint32_t containers_count,
                       struct nst_known_device *devices, uint32_t devices_count)
{
    uint32_t i;

    for (i = 0; i < containers_count; i++) {
        if (!containers[i].id)
            containers[i].id = "";
    }
    for (i = 0; i < devices_count; i++) {
        if (!devices[i].name)
            devices[i].name = "";
    }
}

void nst_rows_decode(struct cursor *columns, const struct rows_plan *plan, uint8_t *memory,
                     char **text, struct nst_tables *t)
{
    const char **texts = (const char **)(memory + plan->texts_at);
    struct nst_netns *spaces = (struct nst_netns *)(memory + plan->spaces_at);
    const struct referred r = {texts, spaces, plan->texts, plan->spaces};
    uint32_t i;
    int kind;

    for (i = 0; i < plan->texts; i++) {
        nst_decode_text(&columns[COLUMN_TEXT], NST_MAX_TEXT, text, &texts[i]);
        if (!texts[i])
            texts[i] = "";
    }
    for (i = 0; i < plan->spaces; i++) {
        spaces[i].cookie = cursor_varint(&columns[COLUMN_SPACE_COOKIE]);
        spaces[i].inum = cursor_bounded(&columns[COLUMN_SPACE_INUM], UINT32_MAX);
    }
    for (kind = 0; kind < ROW_KINDS; kind++) {
        uint8_t *rows = memory + plan->rows_at[kind];

        take_rows(columns, &nst_row_layouts[kind], &r, rows, plan->rows[kind], t->ts_ns);
        nst_rows_set(t, (enum row_kind)kind, rows, plan->rows[kind]);
    }
    mend_names(
        (struct nst_container *)(memory + plan->rows_at[ROW_CONTAINER]), plan->rows[ROW_CONTAINER],
        (struct nst_known_device *)(memory + plan->rows_at[ROW_DEVICE]), plan->rows[ROW_DEVICE]);
}
