/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/dict_columns.h"

#include <errno.h>

static const struct dict_entry *used_entry(const struct dict *dicts, enum count_of kind, uint32_t i)
{
    const struct dict *d = &dicts[kind];

    return &d->entries[d->used[i]];
}

/* Of a writer's index, the block's plus one; 0: none. */
static uint32_t local_or_none(const struct dict *dicts, enum count_of kind, uint32_t index)
{
    return index == NST_NONE ? 0 : dicts[kind].entries[index].local + 1;
}

static void make_netns(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_NETNS].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_NETNS, i)->key;

        nst_buffer_varint(&b[COLUMN_NETNS_COOKIE], key->first);
        nst_buffer_varint(&b[COLUMN_NETNS_INUM], key->second);
    }
}

static void make_devices(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_DEVICE].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_DEVICE, i)->key;

        nst_buffer_varint(&b[COLUMN_DEVICE_NETNS],
                          local_or_none(dicts, OF_NETNS, (uint32_t)key->first));
        nst_buffer_varint(&b[COLUMN_DEVICE_IFINDEX], key->second);
        nst_buffer_string(&b[COLUMN_DEVICE_NAME], key->names[0]);
    }
}

static void make_tasks(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_TASK].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_TASK, i)->key;

        nst_buffer_varint(&b[COLUMN_TASK_PID], key->first);
        nst_buffer_varint(&b[COLUMN_TASK_TGID], zigzag(key->second - key->first));
        nst_buffer_string(&b[COLUMN_TASK_COMM], key->names[0]);
    }
}

static void make_probes(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_PROBE].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_PROBE, i)->key;

        nst_buffer_varint(&b[COLUMN_PROBE_KIND], key->first);
        nst_buffer_string(&b[COLUMN_PROBE_SYMBOL], key->names[0]);
    }
}

static void make_reasons(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_REASON].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_REASON, i)->key;

        nst_buffer_varint(&b[COLUMN_REASON_NUMBER], key->first);
        nst_buffer_string(&b[COLUMN_REASON_SUBSYS], key->names[0]);
        nst_buffer_string(&b[COLUMN_REASON_NAME], key->names[1]);
    }
}

static void make_frames(struct buffer *b, const struct dict *dicts)
{
    uint32_t i;

    for (i = 0; i < dicts[OF_FRAME].used_count; i++) {
        const struct dict_key *key = &used_entry(dicts, OF_FRAME, i)->key;

        nst_buffer_varint(&b[COLUMN_FRAME_CALLER],
                          local_or_none(dicts, OF_FRAME, (uint32_t)key->first));
        nst_buffer_string(&b[COLUMN_FRAME_NAME], key->names[0]);
    }
}

static void make_sites(struct buffer *b, const struct dict *dicts, const struct sites *sites)
{
    struct nst_event site;
    uint32_t i;

    for (i = 0; i < sites->count; i++) {
        site = site_fields(&sites->list[i]);
        nst_buffer_varint(&b[COLUMN_SITE_PROBE], dicts[OF_PROBE].entries[site.probe].local);
        nst_buffer_varint(&b[COLUMN_SITE_NETNS], local_or_none(dicts, OF_NETNS, site.netns));
        nst_buffer_byte(&b[COLUMN_SITE_NETNS_SOURCE], site.netns_source);
        nst_buffer_varint(&b[COLUMN_SITE_DEVICE], local_or_none(dicts, OF_DEVICE, site.device));
        nst_buffer_varint(&b[COLUMN_SITE_RX_IFINDEX], site.rx_ifindex);
        nst_buffer_varint(&b[COLUMN_SITE_REASON],
                          local_or_none(dicts, OF_REASON, site.drop_reason));
        nst_buffer_byte(&b[COLUMN_SITE_FLAGS], site.flags);
        nst_buffer_varint(&b[COLUMN_SITE_VLAN], (uint32_t)site.vlan_proto << 16 | site.vlan_tci);
        nst_buffer_varint(&b[COLUMN_SITE_STACK], local_or_none(dicts, OF_FRAME, site.stack));
    }
}

int nst_dict_columns(struct buffer *b, const struct dict *dicts, const struct sites *sites,
                     uint32_t snaplen)
{
    bool failed = false;
    int i;

    for (i = 0; i < DICT_COLUMNS; i++) {
        b[i].len = 0;
        b[i].failed = false;
    }
    for (i = 0; i < DICTS; i++)
        nst_buffer_varint(&b[COLUMN_COUNTS], i == OF_SITE ? sites->count : dicts[i].used_count);
    nst_buffer_varint(&b[COLUMN_SNAPLEN], snaplen);
    make_netns(b, dicts);
    make_devices(b, dicts);
    make_tasks(b, dicts);
    make_probes(b, dicts);
    make_reasons(b, dicts);
    make_frames(b, dicts);
    make_sites(b, dicts, sites);
    for (i = 0; i < DICT_COLUMNS; i++)
        failed |= b[i].failed;
    return failed ? -ENOMEM : 0;
}
