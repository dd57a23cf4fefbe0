/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How an event becomes what its block's columns say of it. Most of that follows from the event
 * before it in its journey: it has the same skb and the same bytes, is on the same CPU, and
 * came on to where the last packet from there came on to. Only what is otherwise takes up room.
 * nstrail(5) has the rules from the reader's side.
 */
#include "config.h"

#include "format/encode_internal.h"

#include <errno.h>

#include "format/error.h"

/* How many events lie between two exact counts of the META frame's size. */
#define EVENTS_BETWEEN_COUNTS 64u

static inline void put(struct encoder *e, enum stream stream, uint64_t v)
{
    stream_put(&e->streams, stream, v);
}

static int check_event(const struct encoder *e, const struct nst_event *ev, struct nst_error *err)
{
    if (ev->caplen_bytes > ev->len_bytes || ev->caplen_bytes > NST_MAX_SNAPLEN)
        return nst_fail(err, -EINVAL, "event: %u bytes captured of a packet of %u, the limit is %u",
                        ev->caplen_bytes, ev->len_bytes, NST_MAX_SNAPLEN);
    if (ev->caplen_bytes && !ev->packet)
        return nst_fail(err, -EINVAL, "event: claims %u packet bytes and has none",
                        ev->caplen_bytes);
    if (!ev->journey_id && (ev->journey_ts_ns || ev->journey_head))
        return nst_fail(err, -EINVAL, "event: a journey without an id");
    if (!nst_block_dicts_have(&e->dicts, ev))
        return nst_fail(err, -EINVAL, "event: an index is beyond its dictionary");
    return 0;
}

/* The chain of an event that continues none. */
static struct chain *begin_chain(struct encoder *e, const struct nst_event *ev, uint32_t hash,
                                 uint8_t *changes)
{
    struct chain *c = chain_begin(&e->chains, ev, hash, e->cpu);

    if (c->tracked)
        nst_journeys_put(&e->journeys, &e->streams, ev);
    else
        *changes |= CHANGE_UNTRACKED;
    return c;
}

static uint8_t put_cpu(struct encoder *e, struct chain *c, uint32_t cpu)
{
    bool expected = cpu == c->cpu;

    if (!expected)
        put(e, STREAM_CPU, cpu);
    c->cpu = cpu;
    e->cpu = cpu;
    return expected ? 0 : CHANGE_CPU;
}

/* The task is what the CPU was doing at the event before. */
static uint8_t put_task(struct encoder *e, const struct nst_event *ev)
{
    uint32_t *last = &e->task_of_cpu[ev->cpu % NST_CPU_SLOTS], task = ev->task + 1;

    if (*last == task)
        return 0;
    *last = task;
    put(e, STREAM_TASK, task ? nst_block_dicts_local(&e->dicts, OF_TASK, ev->task) + 1 : 0);
    return CHANGE_TASK;
}

/* From L3, whatever the packet begins with; not above zero where L2 is cut. */
static uint64_t l3_length(uint32_t len_bytes, uint8_t flags)
{
    return (uint64_t)len_bytes - (flags & NST_EVENT_L3 ? 0 : NST_L2_SIZE);
}

static uint8_t put_lengths(struct encoder *e, struct chain *c, const struct nst_event *ev,
                           bool begins)
{
    uint64_t length = l3_length(ev->len_bytes, ev->flags);
    uint64_t before = begins ? 0 : l3_length(c->len_bytes, c->packet.flags);
    uint32_t most = ev->len_bytes < e->snaplen ? ev->len_bytes : e->snaplen;
    uint8_t changes = 0;

    if (begins || length != before) {
        put(e, STREAM_LENGTH, zigzag(length - before));
        changes |= begins ? 0 : CHANGE_LENGTH;
    }
    c->len_bytes = ev->len_bytes;
    if (ev->caplen_bytes != most) {
        put(e, STREAM_CAPLEN, ev->caplen_bytes);
        changes |= CHANGE_CAPLEN;
    }
    return changes;
}

static uint8_t put_skb(struct encoder *e, struct chain *c, const struct nst_event *ev, bool begins)
{
    if (!begins && ev->skb == c->skb)
        return 0;
    nst_addresses_put(&e->skbs, &e->streams, ev->skb);
    c->skb = ev->skb;
    return begins ? 0 : CHANGE_SKB;
}

static void note_time(struct encoder *e, uint64_t ts_ns)
{
    put(e, STREAM_TIME, zigzag(ts_ns - e->ts_ns));
    e->ts_ns = ts_ns;
    if (!e->events || ts_ns < e->first_ts_ns)
        e->first_ts_ns = ts_ns;
    if (!e->events || ts_ns > e->last_ts_ns)
        e->last_ts_ns = ts_ns;
}

static uint8_t put_packet(struct encoder *e, struct chain *c, const struct nst_event *ev,
                          bool begins)
{
    enum packet_mode mode = nst_packets_put(&e->packets, &c->packet, ev, begins);
    enum packet_mode expected = !ev->caplen_bytes ? MODE_NONE : begins ? MODE_FULL : MODE_SAME;

    e->expanded += ev->caplen_bytes;
    if (mode == expected)
        return 0;
    put(e, STREAM_MODE, mode);
    return CHANGE_MODE;
}

/* One more event as large as may be must still fit. */
static bool is_full(const struct encoder *e)
{
    return e->events == NST_MAX_EVENTS || nst_packets_full(&e->packets) ||
           e->expanded > NST_MAX_EXPANDED - NST_MAX_SNAPLEN ||
           (e->events % EVENTS_BETWEEN_COUNTS == 0 &&
            nst_streams_size(&e->streams) + e->dicts.bytes >= NST_PAYLOAD_FULL);
}

int nst_encoder_add(struct encoder *e, const struct nst_event *ev, struct nst_error *err)
{
    uint32_t hash = chain_hash(ev), site;
    struct chain *c;
    uint8_t changes = 0;
    bool begins, expected;
    int ret = check_event(e, ev, err);

    if (ret < 0)
        return ret;
    /* All that can fail comes first; entries that no event then uses do no harm. */
    c = chain_find(&e->chains, ev, hash);
    begins = !c;
    if (nst_block_dicts_site(&e->dicts, ev, c ? c->site + 1 : 0, &site, &expected) < 0 ||
        nst_block_dicts_use(&e->dicts, OF_TASK, ev->task) < 0 || chain_room(&e->chains) < 0 ||
        nst_addresses_room(&e->skbs) < 0 || nst_journeys_room(&e->journeys) < 0)
        return nst_fail(err, -ENOMEM, "no memory for an event");

    note_time(e, ev->ts_ns);
    put(e, STREAM_CHAIN, c ? e->events - c->event : 0);
    if (!expected)
        put(e, STREAM_SITE, site);
    changes |= expected ? 0 : CHANGE_SITE;
    e->dicts.sites.successor[c ? c->site + 1 : 0] = site;
    if (begins)
        c = begin_chain(e, ev, hash, &changes);
    changes |= put_cpu(e, c, ev->cpu);
    changes |= put_task(e, ev);
    changes |= put_lengths(e, c, ev, begins);
    changes |= put_skb(e, c, ev, begins);
    changes |= put_packet(e, c, ev, begins);
    *e->streams.pos[STREAM_CHANGES]++ = changes;
    nst_states_put(&e->states, &e->streams, ev, (uint32_t)(c - e->chains.list), begins, e->events);
    c->site = site;
    c->event = e->events++;
    e->full = is_full(e);
    return 0;
}
