/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes make events; what the writer makes of these the reader must give back. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/bytes.h"
#include "format/writer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/format_sample.h"

enum { MAX_EVENTS = 300, ENTRIES = 7, LARGEST_PACKET = 2048 };

/* Small numbers mostly, so that events have something in common. */
static uint64_t take_number(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    const uint8_t *wide;

    if (first < 0xf0)
        return first;
    wide = cursor_take(c, 8);
    return wide ? get_le64(wide) : 0;
}

static uint32_t take_index(struct cursor *c, bool always)
{
    uint32_t index = cursor_u8(c) % (ENTRIES + 1);

    return index < ENTRIES ? index : always ? 0 : NST_NONE;
}

static void take_journey(struct cursor *c, struct nst_event *ev, const struct nst_event *before)
{
    if (before && cursor_u8(c) & 1) {
        ev->journey_id = before->journey_id;
        ev->journey_ts_ns = before->journey_ts_ns;
        ev->journey_head = before->journey_head;
        return;
    }
    ev->journey_id = take_number(c);
    if (!ev->journey_id)
        return;
    ev->journey_ts_ns = ev->ts_ns - take_number(c);
    ev->journey_head = take_number(c);
}

/* Of the packet before with a byte changed, or of bytes of its own. */
static void take_packet(struct cursor *c, struct nst_event *ev, const struct nst_event *before)
{
    uint32_t len = (uint32_t)take_number(c), caplen = (uint32_t)take_number(c) % LARGEST_PACKET, i;
    uint8_t *packet = calloc(1, caplen + 1);

    if (!packet)
        abort();
    ev->len_bytes = len < caplen ? caplen : len;
    ev->caplen_bytes = caplen;
    for (i = 0; i < caplen; i++)
        packet[i] = before && i < before->caplen_bytes ? before->packet[i] : cursor_u8(c);
    if (caplen)
        packet[cursor_u8(c) % caplen] = cursor_u8(c);
    ev->packet = packet;
}

static void take_state(struct cursor *c, struct nst_event *ev)
{
    struct nst_skb *s;

    if (!(cursor_u8(c) & 1))
        return;
    s = calloc(1, sizeof(*s));
    if (!s)
        abort();
    s->len = (uint32_t)take_number(c);
    s->data_len = (uint32_t)take_number(c);
    s->mark = (uint32_t)take_number(c);
    s->csum = (uint32_t)take_number(c);
    s->dataref = (uint32_t)take_number(c);
    s->gso_size = (uint16_t)take_number(c);
    s->protocol = (uint16_t)take_number(c);
    s->ip_summed = cursor_u8(c);
    s->flags = cursor_u8(c);
    ev->state = s;
}

static void take_event(struct cursor *c, struct nst_event *ev, const struct nst_event *before)
{
    ev->ts_ns = (before ? before->ts_ns : 0) + take_number(c);
    ev->skb = take_number(c);
    ev->netns = take_index(c, false);
    ev->device = take_index(c, false);
    ev->task = take_index(c, false);
    ev->probe = take_index(c, true);
    ev->drop_reason = take_index(c, false);
    ev->stack = take_index(c, false);
    ev->cpu = (uint32_t)take_number(c);
    ev->rx_ifindex = (uint32_t)take_number(c);
    ev->vlan_proto = (uint16_t)take_number(c);
    ev->vlan_tci = (uint16_t)take_number(c);
    ev->netns_source = cursor_u8(c);
    ev->flags = cursor_u8(c);
    take_journey(c, ev, before);
    take_packet(c, ev, before);
    take_state(c, ev);
}

static void make_sample(struct sample *s, const uint8_t *data, size_t size)
{
    struct cursor c = cursor_of(data, size);

    sample_journeys(s, 1, 0, 0); /* its dictionaries, no events */
    free(s->events);
    s->events = calloc(MAX_EVENTS, sizeof(*s->events));
    if (!s->events)
        abort();
    while (s->count < MAX_EVENTS && c.pos != c.end) {
        take_event(&c, &s->events[s->count], s->count ? &s->events[s->count - 1] : NULL);
        s->count++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nst_file_info info = {.salt = {1, 2, 3, 4, 5, 6, 7, 8}};
    struct nst_reader *r;
    struct nst_writer *w;
    struct sample s;
    int fd;

    if (size < 2)
        return 0;
    info.snaplen = get_le16(data);
    make_sample(&s, data + 2, size - 2);
    fd = fuzz_file(NULL, 0);
    if (nst_writer_open_salted(&w, dup(fd), &info, NULL) < 0 || !sample_write(&s, w) ||
        nst_writer_close(w, NULL, NULL) < 0 || nst_reader_fdopen(&r, fd, NULL, NULL) < 0 ||
        sample_compare(&s, r, NST_LOAD_PACKETS) != (long)s.count || !nst_reader_damage(r)->ended)
        abort();
    nst_reader_close(r);
    sample_free(&s);
    return 0;
}
