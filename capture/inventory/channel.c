/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/channel.h"

#include <string.h>

void channel_put_sight(struct buffer *b, const struct scanner_sight *sight)
{
    nst_buffer_byte(b, CHANNEL_SIGHT);
    nst_buffer_varint(b, sight->netns.cookie);
    nst_buffer_varint(b, sight->netns.inum);
    nst_buffer_varint(b, sight->ts_ns);
    nst_buffer_varint(b, sight->ifindex);
    for (size_t i = 0; i < sizeof(sight->name); i++)
        nst_buffer_byte(b, (uint8_t)sight->name[i]);
}

bool channel_take_sight(struct cursor *c, struct scanner_sight *sight)
{
    const uint8_t *name;

    sight->netns.cookie = cursor_varint(c);
    sight->netns.inum = cursor_bounded(c, UINT32_MAX);
    sight->ts_ns = cursor_varint(c);
    sight->ifindex = cursor_bounded(c, UINT32_MAX);
    name = cursor_take(c, sizeof(sight->name));
    if (!name || name[sizeof(sight->name) - 1])
        return false;
    memcpy(sight->name, name, sizeof(sight->name));
    return true;
}

void channel_put_counts(struct buffer *b, const struct channel_counts *counts)
{
    nst_buffer_byte(b, CHANNEL_COUNTS);
    nst_buffer_varint(b, counts->limit);
    nst_buffer_varint(b, counts->left_out);
    nst_buffer_varint(b, counts->unread);
    nst_buffer_varint(b, counts->full);
}

bool channel_take_counts(struct cursor *c, struct channel_counts *counts)
{
    counts->limit = cursor_varint(c);
    counts->left_out = cursor_varint(c);
    counts->unread = cursor_varint(c);
    counts->full = cursor_varint(c);
    return !c->failed;
}

enum { ROW_OVER = 1 << 0, ROW_DIED = 1 << 1 };

void channel_put_row(struct buffer *b, const struct fact *fact)
{
    uint8_t *p;

    nst_buffer_byte(b, fact->kind);
    nst_buffer_byte(b, (uint8_t)((fact->over ? ROW_OVER : 0) | (fact->died ? ROW_DIED : 0)));
    nst_buffer_varint(b, fact->first_ts_ns);
    nst_buffer_varint(b, fact->last_ts_ns);
    p = nst_buffer_room(b, fact->len);
    if (!p)
        return;
    memcpy(p, fact->bytes, fact->len);
    b->len += fact->len;
}

static void put_times(struct row *row, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    switch (row->kind) {
    case ROW_NETNS:
        row->netns.first_ts_ns = first_ts_ns;
        row->netns.last_ts_ns = last_ts_ns;
        break;
    case ROW_NAME:
        row->name.first_ts_ns = first_ts_ns;
        row->name.last_ts_ns = last_ts_ns;
        break;
    case ROW_PROCESS:
        row->process.first_ts_ns = first_ts_ns;
        row->process.last_ts_ns = last_ts_ns;
        break;
    case ROW_CONTAINER:
        row->container.first_ts_ns = first_ts_ns;
        row->container.last_ts_ns = last_ts_ns;
        break;
    case ROW_DEVICE:
        row->device.first_ts_ns = first_ts_ns;
        row->device.last_ts_ns = last_ts_ns;
        break;
    case ROW_ADDRESS:
        row->address.first_ts_ns = first_ts_ns;
        row->address.last_ts_ns = last_ts_ns;
        break;
    case ROW_KINDS:
        break;
    }
}

bool channel_take_row(struct cursor *c, struct row *row)
{
    uint8_t kind = cursor_u8(c), state = cursor_u8(c);
    uint64_t first_ts_ns = cursor_varint(c), last_ts_ns = cursor_varint(c);

    if (c->failed || kind >= ROW_KINDS || first_ts_ns > last_ts_ns ||
        !row_decode(c, (enum row_kind)kind, row))
        return false;
    put_times(row, first_ts_ns, state & ROW_OVER ? last_ts_ns : NST_STILL);
    if (row->kind == ROW_NETNS && state & ROW_DIED)
        row->netns.flags |= NST_NETNS_GONE;
    return true;
}
