/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/decode.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#include "format/error.h"
#include "format/layout.h"

struct address_list {
    uint64_t *known;
    uint32_t count;
    uint64_t last;
    struct cursor *refs, *values;
};

struct journey {
    uint64_t id, ts_ns;
};

/* The state while the events of one block are decoded. */
struct events_decoder {
    struct cursor *columns;
    uint32_t counts[COUNTS];
    uint32_t snaplen;
    uint32_t events;

    struct nst_event *sites; /* with what they say filled in */
    uint32_t *successor;
    struct trace *traces;
    struct address_list skbs, heads;
    uint32_t task_of_cpu[NST_CPU_SLOTS];
    struct journey journeys[NST_CPU_SLOTS];
    uint64_t journey_scale;

    struct nst_event *out;
    uint64_t expanded;
    size_t patched;
    const char *wrong; /* what makes no sense, beyond what a column can know by itself */
};

void nst_decoder_free(struct decoder *d)
{
    nst_buffer_free(&d->meta);
    nst_buffer_free(&d->scratch);
}

void nst_content_clear(struct content *content)
{
    struct nst_block_info info = content->block.info;

    content->block = (struct nst_block){.info = info};
    content->memory.len = 0;
    content->packets.len = 0;
}

void nst_content_free(struct content *content)
{
    if (!content)
        return;
    nst_buffer_free(&content->memory);
    nst_buffer_free(&content->packets);
    free(content);
}

int nst_decode_inflate(const struct frame_header *f, const uint8_t *stored, struct buffer *plain,
                       size_t extra, struct nst_error *err)
{
    uint8_t *p;

    plain->len = 0;
    plain->failed = false;
    p = nst_buffer_room(plain, f->plain + extra + 1);
    if (!p)
        return nst_fail(err, -ENOMEM, "out of memory");
    plain->len = f->plain;
    return nst_frame_inflate(f, stored, p, err);
}

void nst_decode_string(struct cursor *c, char **text, const char **s)
{
    uint32_t len = cursor_bounded(c, NST_MAX_NAME + 1);
    const uint8_t *bytes;

    *s = NULL;
    if (!len)
        return;
    bytes = cursor_take(c, len - 1);
    if (!bytes)
        return;
    memcpy(*text, bytes, len - 1);
    (*text)[len - 1] = '\0';
    *s = *text;
    *text += len;
}

void nst_decode_name(struct cursor *c, char **text, const char **s)
{
    nst_decode_string(c, text, s);
    if (!*s)
        *s = "";
}

size_t nst_decode_reserve(size_t *used, size_t count, size_t size)
{
    size_t at = (*used + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    *used = at + count * size;
    return at;
}

/* An index + 1 of a dictionary with count entries; 0 is NST_NONE. */
static uint32_t take_index(struct cursor *c, uint32_t count)
{
    return cursor_bounded(c, count) - 1;
}

/* ------------------------------------------------------------ dictionaries */

static int take_counts(struct events_decoder *d, struct nst_error *err)
{
    struct cursor *c = &d->columns[COLUMN_COUNTS];
    int i;

    for (i = 0; i < COUNTS; i++)
        d->counts[i] = cursor_bounded(c, NST_MAX_ENTRIES);
    /* A later version may count more. */
    c->pos = c->end;
    if (c->failed)
        return nst_fail(err, -EBADMSG, "its dictionaries have impossible sizes, the limit is %u",
                        NST_MAX_ENTRIES);
    d->snaplen = cursor_bounded(&d->columns[COLUMN_SNAPLEN], UINT32_MAX);
    d->journey_scale = cursor_varint(&d->columns[COLUMN_JOURNEY_SCALE]);
    return 0;
}

static void take_netns(struct events_decoder *d, struct nst_netns *netns)
{
    uint32_t i;

    for (i = 0; i < d->counts[OF_NETNS]; i++) {
        netns[i].cookie = cursor_varint(&d->columns[COLUMN_NETNS_COOKIE]);
        netns[i].inum = cursor_bounded(&d->columns[COLUMN_NETNS_INUM], UINT32_MAX);
    }
}

static void take_devices(struct events_decoder *d, struct nst_device *devices, char **text)
{
    uint32_t i;

    for (i = 0; i < d->counts[OF_DEVICE]; i++) {
        devices[i].netns = take_index(&d->columns[COLUMN_DEVICE_NETNS], d->counts[OF_NETNS]);
        devices[i].ifindex = cursor_bounded(&d->columns[COLUMN_DEVICE_IFINDEX], UINT32_MAX);
        nst_decode_name(&d->columns[COLUMN_DEVICE_NAME], text, &devices[i].name);
    }
}

static void take_tasks(struct events_decoder *d, struct nst_task *tasks, char **text)
{
    uint32_t i;

    for (i = 0; i < d->counts[OF_TASK]; i++) {
        tasks[i].pid = cursor_bounded(&d->columns[COLUMN_TASK_PID], UINT32_MAX);
        tasks[i].tgid =
            tasks[i].pid + (uint32_t)unzigzag(cursor_varint(&d->columns[COLUMN_TASK_TGID]));
        nst_decode_name(&d->columns[COLUMN_TASK_COMM], text, &tasks[i].comm);
    }
}

static void take_probes(struct events_decoder *d, struct nst_probe *probes, char **text)
{
    uint32_t i;

    for (i = 0; i < d->counts[OF_PROBE]; i++) {
        probes[i].kind = cursor_bounded(&d->columns[COLUMN_PROBE_KIND], UINT32_MAX);
        nst_decode_name(&d->columns[COLUMN_PROBE_SYMBOL], text, &probes[i].symbol);
    }
}

static void take_reasons(struct events_decoder *d, struct nst_drop_reason *reasons, char **text)
{
    uint32_t i;

    for (i = 0; i < d->counts[OF_REASON]; i++) {
        reasons[i].number = cursor_bounded(&d->columns[COLUMN_REASON_NUMBER], UINT32_MAX);
        nst_decode_string(&d->columns[COLUMN_REASON_SUBSYS], text, &reasons[i].subsys);
        nst_decode_string(&d->columns[COLUMN_REASON_NAME], text, &reasons[i].name);
    }
}

static void take_sites(struct events_decoder *d)
{
    struct cursor *c = d->columns;
    uint32_t i, vlan;

    for (i = 0; i < d->counts[OF_SITE]; i++) {
        struct nst_event *site = &d->sites[i];

        *site = (struct nst_event){0};
        site->netns = take_index(&c[COLUMN_SITE_NETNS], d->counts[OF_NETNS]);
        site->netns_source = cursor_u8(&c[COLUMN_SITE_NETNS_SOURCE]);
        site->device = take_index(&c[COLUMN_SITE_DEVICE], d->counts[OF_DEVICE]);
        site->rx_ifindex = cursor_bounded(&c[COLUMN_SITE_RX_IFINDEX], UINT32_MAX);
        site->probe = cursor_bounded(&c[COLUMN_SITE_PROBE], d->counts[OF_PROBE] - 1);
        site->drop_reason = take_index(&c[COLUMN_SITE_REASON], d->counts[OF_REASON]);
        site->flags = cursor_u8(&c[COLUMN_SITE_FLAGS]);
        vlan = cursor_bounded(&c[COLUMN_SITE_VLAN], UINT32_MAX);
        site->vlan_proto = (uint16_t)(vlan >> 16);
        site->vlan_tci = (uint16_t)vlan;
    }
}

/* NUL-terminated, a string takes up no more than its column does with the length before it. */
static size_t text_size(const struct events_decoder *d)
{
    return cursor_left(&d->columns[COLUMN_DEVICE_NAME]) +
           cursor_left(&d->columns[COLUMN_TASK_COMM]) +
           cursor_left(&d->columns[COLUMN_PROBE_SYMBOL]) +
           cursor_left(&d->columns[COLUMN_REASON_SUBSYS]) +
           cursor_left(&d->columns[COLUMN_REASON_NAME]);
}

static int take_dictionaries(struct events_decoder *d, struct content *content)
{
    struct nst_block *b = &content->block;
    const uint32_t *n = d->counts;
    size_t size = 0;
    size_t netns = nst_decode_reserve(&size, n[OF_NETNS], sizeof(*b->netns));
    size_t devices = nst_decode_reserve(&size, n[OF_DEVICE], sizeof(*b->devices));
    size_t tasks = nst_decode_reserve(&size, n[OF_TASK], sizeof(*b->tasks));
    size_t probes = nst_decode_reserve(&size, n[OF_PROBE], sizeof(*b->probes));
    size_t reasons = nst_decode_reserve(&size, n[OF_REASON], sizeof(*b->drop_reasons));
    size_t events = nst_decode_reserve(&size, d->events, sizeof(*b->events));
    size_t texts = nst_decode_reserve(&size, text_size(d) + 1, 1);
    uint8_t *p;
    char *text;

    content->memory.failed = false;
    p = nst_buffer_room(&content->memory, size);
    if (!p)
        return -ENOMEM;
    content->memory.len = size;
    text = (char *)p + texts;
    take_netns(d, (struct nst_netns *)(p + netns));
    take_devices(d, (struct nst_device *)(p + devices), &text);
    take_tasks(d, (struct nst_task *)(p + tasks), &text);
    take_probes(d, (struct nst_probe *)(p + probes), &text);
    take_reasons(d, (struct nst_drop_reason *)(p + reasons), &text);
    d->out = (struct nst_event *)(p + events);

    b->netns = (const struct nst_netns *)(p + netns);
    b->devices = (const struct nst_device *)(p + devices);
    b->tasks = (const struct nst_task *)(p + tasks);
    b->probes = (const struct nst_probe *)(p + probes);
    b->drop_reasons = (const struct nst_drop_reason *)(p + reasons);
    b->events = d->out;
    b->netns_count = n[OF_NETNS];
    b->devices_count = n[OF_DEVICE];
    b->tasks_count = n[OF_TASK];
    b->probes_count = n[OF_PROBE];
    b->drop_reasons_count = n[OF_REASON];
    return 0;
}

static int reserve_scratch(struct events_decoder *d, struct buffer *scratch)
{
    size_t size = 0;
    size_t sites = nst_decode_reserve(&size, d->counts[OF_SITE], sizeof(*d->sites));
    size_t successor = nst_decode_reserve(&size, (size_t)d->counts[OF_SITE] + 1, sizeof(*d->successor));
    size_t traces = nst_decode_reserve(&size, d->events, sizeof(*d->traces));
    size_t skbs = nst_decode_reserve(&size, d->events, sizeof(*d->skbs.known));
    size_t heads = nst_decode_reserve(&size, d->events, sizeof(*d->heads.known));
    uint8_t *p;

    scratch->len = 0;
    scratch->failed = false;
    p = nst_buffer_room(scratch, size);
    if (!p)
        return -ENOMEM;
    d->sites = (struct nst_event *)(p + sites);
    d->successor = (uint32_t *)(p + successor);
    memset(d->successor, 0, ((size_t)d->counts[OF_SITE] + 1) * sizeof(*d->successor));
    d->traces = (struct trace *)(p + traces);
    d->skbs.known = (uint64_t *)(p + skbs);
    d->heads.known = (uint64_t *)(p + heads);
    d->skbs.refs = &d->columns[COLUMN_SKB];
    d->skbs.values = &d->columns[COLUMN_SKB_ADDRESS];
    d->heads.refs = &d->columns[COLUMN_JOURNEY_HEAD];
    d->heads.values = &d->columns[COLUMN_HEAD_ADDRESS];
    return 0;
}

/* ------------------------------------------------------------------ events */

static uint64_t take_signed(struct cursor *c)
{
    return unzigzag(cursor_varint(c));
}

static uint64_t take_address(struct address_list *a)
{
    uint32_t ref = cursor_bounded(a->refs, a->count);

    if (ref)
        return a->known[ref - 1];
    a->last += take_signed(a->values);
    a->known[a->count++] = a->last; /* one an event at most */
    return a->last;
}

static void take_site(struct events_decoder *d, struct nst_event *ev, struct trace *t,
                      uint8_t changes, uint32_t before)
{
    uint32_t *successor = &d->successor[before];

    if (changes & CHANGE_SITE)
        *successor = cursor_bounded(&d->columns[COLUMN_SITE], d->counts[OF_SITE] - 1);
    t->site = *successor;
    *ev = d->sites[t->site];
}

static void take_task(struct events_decoder *d, struct nst_event *ev, uint8_t changes)
{
    uint32_t *task = &d->task_of_cpu[ev->cpu % NST_CPU_SLOTS];

    if (changes & CHANGE_TASK)
        *task = cursor_bounded(&d->columns[COLUMN_TASK], d->counts[OF_TASK]);
    ev->task = *task - 1;
}

static void take_lengths(struct events_decoder *d, struct nst_event *ev, const struct nst_event *prev,
                         uint8_t changes)
{
    int64_t length = 0;
    uint64_t wide;

    /* Neither can wrap: prev's length is 32 bits, and a difference that takes it beyond
     * those is refused whatever it is. */
    if (prev)
        length = (int64_t)prev->len_bytes - (prev->flags & NST_EVENT_L3 ? 0 : NST_L2_SIZE);
    wide = (uint64_t)length + (ev->flags & NST_EVENT_L3 ? 0 : NST_L2_SIZE);
    if (!prev || changes & CHANGE_LENGTH)
        wide += take_signed(&d->columns[COLUMN_LENGTH]);
    if (wide > UINT32_MAX)
        d->wrong = "a packet has an impossible length";
    ev->len_bytes = (uint32_t)wide;
    ev->caplen_bytes = ev->len_bytes < d->snaplen ? ev->len_bytes : d->snaplen;
    if (changes & CHANGE_CAPLEN)
        ev->caplen_bytes = cursor_bounded(&d->columns[COLUMN_CAPLEN], ev->len_bytes);
    if (ev->caplen_bytes > NST_MAX_SNAPLEN)
        d->wrong = "more bytes of a packet are captured than can be";
}

/* The first event of a journey in this block. */
static void new_journey(struct events_decoder *d, struct nst_event *ev)
{
    struct journey *last = &d->journeys[ev->cpu % NST_CPU_SLOTS];
    uint64_t ts_ns = ev->ts_ns - take_signed(&d->columns[COLUMN_JOURNEY_TIME]);
    uint64_t ids = d->journey_scale ? (ts_ns - last->ts_ns) * d->journey_scale : 1;

    ev->journey_id = last->id + ids + take_signed(&d->columns[COLUMN_JOURNEY_ID]);
    ev->journey_ts_ns = ts_ns;
    ev->journey_head = take_address(&d->heads);
    *last = (struct journey){ev->journey_id, ts_ns};
    if (!ev->journey_id)
        d->wrong = "a journey has no id";
}

static void take_journey(struct events_decoder *d, struct nst_event *ev,
                         const struct nst_event *prev, uint8_t changes)
{
    if (!prev) {
        if (!(changes & CHANGE_UNTRACKED))
            new_journey(d, ev);
        return;
    }
    if (changes & CHANGE_UNTRACKED)
        d->wrong = "an event continues a journey and has none";
    ev->journey_id = prev->journey_id;
    ev->journey_ts_ns = prev->journey_ts_ns;
    ev->journey_head = prev->journey_head;
}

static void take_mode(struct events_decoder *d, const struct nst_event *ev, struct trace *t,
                      uint8_t changes)
{
    t->mode = !ev->caplen_bytes ? MODE_NONE : t->back ? MODE_SAME : MODE_FULL;
    if (changes & CHANGE_MODE) {
        t->mode = cursor_u8(&d->columns[COLUMN_MODE]);
        if (t->mode > MODE_PATCH || (t->mode == MODE_NONE) != !ev->caplen_bytes ||
            (t->mode > MODE_FULL && !t->back))
            d->wrong = "a packet is stored in an impossible way";
    }
    if (t->mode == MODE_PATCH)
        d->patched += ev->caplen_bytes;
    d->expanded += ev->caplen_bytes;
}

/* i is the event's index; the events before it are decoded. */
static void take_event(struct events_decoder *d, struct trace *traces, uint32_t i)
{
    struct nst_event *ev = &d->out[i];
    struct trace *t = &traces[i];
    uint8_t changes = cursor_u8(&d->columns[COLUMN_CHANGES]);
    uint32_t back = cursor_bounded(&d->columns[COLUMN_CHAIN], i);
    const struct nst_event *prev = back ? ev - back : NULL;
    uint64_t ts_ns = (i ? ev[-1].ts_ns : 0) + take_signed(&d->columns[COLUMN_TIME]);

    t->back = back;
    take_site(d, ev, t, changes, back ? (t - back)->site + 1 : 0);
    ev->ts_ns = ts_ns;
    if (changes & CHANGE_CPU)
        ev->cpu = cursor_bounded(&d->columns[COLUMN_CPU], UINT32_MAX);
    else
        ev->cpu = prev ? prev->cpu : i ? ev[-1].cpu : 0;
    take_task(d, ev, changes);
    take_lengths(d, ev, prev, changes);
    ev->skb = !prev || changes & CHANGE_SKB ? take_address(&d->skbs) : prev->skb;
    take_journey(d, ev, prev, changes);
    take_mode(d, ev, t, changes);
}

static int take_events(struct events_decoder *d, const struct block_header *h, struct nst_error *err)
{
    uint32_t i;

    if (d->events && !d->counts[OF_SITE])
        return nst_fail(err, -EBADMSG, "it has %u events and not one site", d->events);
    for (i = 0; i < d->events && !d->wrong; i++)
        take_event(d, d->traces, i);
    if (d->wrong)
        return nst_fail(err, -EBADMSG, "event %u: %s", i - 1, d->wrong);
    if (d->expanded != h->info.expanded_bytes)
        return nst_fail(err, -EBADMSG, "its packets have %llu bytes, its header says %llu",
                        (unsigned long long)d->expanded,
                        (unsigned long long)h->info.expanded_bytes);
    return 0;
}

static int decode_meta(struct decoder *decoder, struct events_decoder *d, struct content *content,
                       const struct block_header *h, struct nst_error *err)
{
    int ret = take_counts(d, err);

    if (ret < 0)
        return ret;
    if (reserve_scratch(d, &decoder->scratch) < 0 || take_dictionaries(d, content) < 0)
        return nst_fail(err, -ENOMEM, "out of memory");
    if (d->counts[OF_SITE] && !d->counts[OF_PROBE])
        return nst_fail(err, -EBADMSG, "it has %u sites and not one probe", d->counts[OF_SITE]);
    take_sites(d);
    ret = take_events(d, h, err);
    if (ret < 0)
        return ret;
    decoder->traces = d->traces;
    decoder->patched = d->patched;
    return nst_frame_finish(&decoder->frame, err);
}

int nst_decode_events(struct decoder *decoder, struct content *content,
                      const struct block_header *h, const uint8_t *meta, struct nst_error *err)
{
    struct events_decoder d = {.columns = decoder->frame.columns, .events = h->info.events};
    int ret;

    nst_content_clear(content);
    ret = nst_decode_inflate(&h->meta, meta, &decoder->meta, 0, err);
    if (ret == 0)
        ret = nst_frame_parse(&decoder->frame, decoder->meta.data, decoder->meta.len, err);
    if (ret == 0)
        ret = decode_meta(decoder, &d, content, h, err);
    if (ret < 0)
        nst_content_clear(content);
    return ret;
}

/* ----------------------------------------------------------------- packets */

/* The bytes of prev's packet, shift further on, with zeros where it has none. */
static void expected_packet(uint8_t *out, size_t len, const struct nst_event *prev, int shift)
{
    size_t skip = shift < 0 ? (size_t)-shift : 0, from = shift > 0 ? (size_t)shift : 0, have;

    skip = skip < len ? skip : len;
    have = from < prev->caplen_bytes ? prev->caplen_bytes - from : 0;
    have = have < len - skip ? have : len - skip;
    memset(out, 0, skip);
    if (have)
        memcpy(out + skip, prev->packet + from, have);
    memset(out + skip + have, 0, len - skip - have);
}

static bool apply_patch(struct cursor *c, uint8_t *packet, size_t len)
{
    uint64_t ops = cursor_varint(c), skip, count;
    const uint8_t *bytes;
    size_t pos = 0;

    for (; ops && !c->failed; ops--) {
        skip = cursor_varint(c);
        count = cursor_varint(c);
        if (skip > len - pos || count > len - pos - skip)
            return false;
        bytes = cursor_take(c, count);
        if (!bytes)
            return false;
        pos += skip;
        memcpy(packet + pos, bytes, count);
        pos += count;
    }
    return !c->failed;
}

/* Answers the event's packet; NULL: what the file says makes none. *patched is where the
 * next patched packet goes. */
static const uint8_t *take_packet(struct frame *frame, const struct nst_event *ev,
                                  const struct trace *t, uint8_t **patched)
{
    const struct nst_event *prev = ev - t->back;
    int shift = (ev->flags & NST_EVENT_L3 ? NST_L2_SIZE : 0) -
                (prev->flags & NST_EVENT_L3 ? NST_L2_SIZE : 0);
    uint8_t *p = *patched;

    switch (t->mode) {
    case MODE_FULL:
        return cursor_take(&frame->columns[COLUMN_PACKET_FULL], ev->caplen_bytes);
    case MODE_SAME:
        if (shift < 0 || (uint64_t)ev->caplen_bytes + (uint32_t)shift > prev->caplen_bytes)
            return NULL;
        return prev->packet + shift;
    default:
        expected_packet(p, ev->caplen_bytes, prev, shift);
        *patched += ev->caplen_bytes;
        return apply_patch(&frame->columns[COLUMN_PACKET_PATCH], p, ev->caplen_bytes) ? p : NULL;
    }
}

static int take_packets(struct decoder *d, struct nst_event *events, uint32_t count,
                        uint8_t *patched, struct nst_error *err)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (d->traces[i].mode == MODE_NONE)
            continue;
        events[i].packet = take_packet(&d->frame, &events[i], &d->traces[i], &patched);
        if (!events[i].packet)
            return nst_fail(err, -EBADMSG, "event %u: its packet cannot be put together", i);
    }
    return nst_frame_finish(&d->frame, err);
}

int nst_decode_packets(struct decoder *d, struct content *content, const struct block_header *h,
                       const uint8_t *pkt, struct nst_error *err)
{
    struct nst_event *events = (struct nst_event *)content->block.events;
    struct buffer *plain = &content->packets;
    int ret = nst_decode_inflate(&h->pkt, pkt, plain, d->patched, err);
    uint32_t i;

    if (ret == 0)
        ret = nst_frame_parse(&d->frame, plain->data, plain->len, err);
    if (ret == 0)
        ret = take_packets(d, events, h->info.events, plain->data + plain->len, err);
    for (i = 0; ret < 0 && i < h->info.events; i++)
        events[i].packet = NULL;
    return ret;
}
