/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ringsize FILE: how long the same events would be as the records that left the rings, with LZ4
 * level 1 in blocks of 256 KiB: the floor that the format is compared with. Prints bytes an
 * event of it, bytes an event of the file, and the number of events.
 *
 * A record holds addresses of kernel structures, of which a file knows only what they mean:
 * each device gets an address of its own here, as it had one then.
 */
#include "config.h"

#include <errno.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bpf/event.h"
#include "format/nstrail.h"

#define CHUNK (256 << 10)

struct chunks {
    char plain[CHUNK];
    char packed[LZ4_COMPRESSBOUND(CHUNK)];
    size_t fill;
    unsigned long long bytes;
};

static void chunk_end(struct chunks *c)
{
    c->bytes += (unsigned long long)LZ4_compress_default(c->plain, c->packed, (int)c->fill,
                                                         sizeof(c->packed));
    c->fill = 0;
}

static void chunk_add(struct chunks *c, const void *data, size_t size)
{
    const char *from = data;

    while (size) {
        size_t part = size < CHUNK - c->fill ? size : CHUNK - c->fill;

        memcpy(c->plain + c->fill, from, part);
        c->fill += part;
        from += part;
        size -= part;
        if (c->fill == CHUNK)
            chunk_end(c);
    }
}

static void add_event(struct chunks *c, const struct nst_block *block, const struct nst_event *e)
{
    const char padding[8] = {0};
    struct ev_record r = {
        .head = {.bytes = sizeof(r) + ((e->caplen_bytes + 7u) & ~7u),
                 .type = EV_PACKET,
                 .cpu = (__u16)e->cpu},
        .packet = {.ts_ns = e->ts_ns,
                   .skb = e->skb,
                   .journey_id = e->journey_id,
                   .journey_head = e->journey_head,
                   .rx_ifindex = e->rx_ifindex,
                   .len = e->len_bytes,
                   .caplen = (__u16)e->caplen_bytes,
                   .vlan_proto = e->vlan_proto,
                   .vlan_tci = e->vlan_tci,
                   .probe = (__u16)e->probe,
                   .netns_source = e->netns_source,
                   .flags = e->flags},
    };

    if (e->device != NST_NONE) {
        const struct nst_device *d = &block->devices[e->device];
        unsigned netns = d->netns == NST_NONE ? 0 : block->netns[d->netns].inum;

        r.packet.ref_type = EV_DEVICE;
        r.packet.ref = 0xffff888000000000ULL + ((__u64)netns << 20) + ((__u64)d->ifindex << 12);
    }
    if (e->task != NST_NONE)
        r.packet.pid_tgid = (__u64)block->tasks[e->task].tgid << 32 | block->tasks[e->task].pid;
    if (e->drop_reason != NST_NONE)
        r.packet.drop_reason = block->drop_reasons[e->drop_reason].number;
    /* Its stamp is for the reader of the ring alone. */
    chunk_add(c, &r.head.bytes, sizeof(r) - offsetof(struct ev_record, head.bytes));
    chunk_add(c, e->packet, e->packet ? e->caplen_bytes : 0);
    chunk_add(c, padding, -(size_t)e->caplen_bytes & 7);
}

/* The number of events, or <0. */
static long long add_file(struct chunks *c, struct nst_reader *reader, struct nst_error *err)
{
    const struct nst_block *block;
    long long events = 0;
    int got;

    while ((got = nst_reader_next(reader, &block, err)) > 0) {
        if (block->info.type != NST_BLOCK_EVENTS)
            continue;
        got = nst_reader_load(reader, NST_LOAD_PACKETS, err);
        if (got < 0)
            return got;
        for (uint32_t i = 0; i < block->info.events; i++)
            add_event(c, block, &block->events[i]);
        events += block->info.events;
    }
    if (c->fill)
        chunk_end(c);
    return got < 0 ? got : events;
}

int main(int argc, char **argv)
{
    static struct chunks chunks;
    struct nst_error err = {0};
    struct nst_reader *reader;
    struct stat st;
    long long events;

    if (argc != 2 || stat(argv[1], &st) || nst_reader_open(&reader, argv[1], NULL, &err)) {
        fprintf(stderr, "ringsize: FILE: %s\n", *err.text ? err.text : strerror(errno));
        return 1;
    }
    events = add_file(&chunks, reader, &err);
    nst_reader_close(reader);
    if (events <= 0) {
        fprintf(stderr, "ringsize: %s: %s\n", argv[1], events ? err.text : "no events");
        return 1;
    }
    printf("%.3f %.3f %lld\n", (double)chunks.bytes / (double)events,
           (double)st.st_size / (double)events, events);
    return 0;
}
