/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The events of a block, each from the one before it in its journey: encode_event.c the other way
 * round. */
#include "config.h"

#include "format/decode.h"

#include <errno.h>
#include <string.h>

#include "format/decode_dicts.h"
#include "format/error.h"
#include "format/layout.h"
#include "format/state.h"

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
    size_t frame_len;
    uint32_t counts[COUNTS];
    uint32_t snaplen;
    uint32_t events;

    const struct nst_event *sites;
    uint32_t *successor;
    struct trace *traces;
    struct address_list skbs, heads;
    uint32_t task_of_cpu[NST_CPU_SLOTS];
    struct journey journeys[NST_CPU_SLOTS];
    uint64_t journey_scale;
    struct state begun; /* as struct states has it */

    struct nst_event *out;
    struct nst_skb *states; /* one an event; NULL: no event has one */
    uint64_t expanded;
    size_t patched;
    const char *wrong; /* what makes no sense, beyond what a column can know by itself */
};

static int reserve_scratch(struct events_decoder *d, struct buffer *scratch)
{
    size_t size = 0;
    size_t successor =
        nst_decode_reserve(&size, (size_t)d->counts[OF_SITE] + 1, sizeof(*d->successor));
    size_t traces = nst_decode_reserve(&size, d->events, sizeof(*d->traces));
    size_t skbs = nst_decode_reserve(&size, d->events, sizeof(*d->skbs.known));
    size_t heads = nst_decode_reserve(&size, d->events, sizeof(*d->heads.known));
    uint8_t *p;

    scratch->len = 0;
    scratch->failed = false;
    p = nst_buffer_room(scratch, size);
    if (!p)
        return -ENOMEM;
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

static void take_lengths(struct events_decoder *d, struct nst_event *ev,
                         const struct nst_event *prev, uint8_t changes)
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

/* Bits beyond those that we know are fields of a later version. */
static void take_state(struct events_decoder *d, struct nst_event *ev, const struct nst_event *prev,
                       struct nst_skb *skb)
{
    uint64_t bits = cursor_varint(&d->columns[COLUMN_STATE]);
    bool continues = prev && prev->state;
    struct state state;
    int i;

    if (!bits)
        return;
    if (continues)
        nst_state_of(&state, prev->state, prev->len_bytes);
    else
        state = d->begun;
    for (i = 0; i < STATE_FIELDS; i++)
        if (bits & 2ull << i)
            state.fields[i] = cursor_bounded(&d->columns[COLUMN_STATE_LEN + i], nst_state_max[i]);
    nst_state_skb(skb, &state, ev->len_bytes);
    ev->state = skb;
    if (!continues)
        d->begun = state;
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
    if (d->states)
        take_state(d, ev, prev, &d->states[i]);
}

static int take_events(struct events_decoder *d, const struct block_header *h,
                       struct nst_error *err)
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

static int decode_sites(const struct frame *frame, struct events_decoder *d,
                        struct content *content, struct nst_error *err)
{
    int ret = nst_decode_counts(d->columns, d->frame_len, d->counts, err);

    if (ret < 0)
        return ret;
    if (!nst_decode_dicts(d->columns, d->counts, 0, content))
        return nst_fail(err, -ENOMEM, "no memory for its dictionaries");
    content->block.events = NULL;
    cursor_varint(&d->columns[COLUMN_SNAPLEN]);
    return nst_frame_finish(frame, COLUMN_TIME, err);
}

static int decode_meta(struct decoder *decoder, struct events_decoder *d, struct content *content,
                       const struct block_header *h, struct nst_error *err)
{
    int ret = nst_decode_counts(d->columns, d->frame_len, d->counts, err);

    if (ret < 0)
        return ret;
    d->out = nst_decode_dicts(d->columns, d->counts, d->events, content);
    if (!d->out || reserve_scratch(d, &decoder->scratch) < 0)
        return nst_fail(err, -ENOMEM, "no memory for its events");
    d->sites = content->block.sites;
    d->states = content->states;
    d->snaplen = cursor_bounded(&d->columns[COLUMN_SNAPLEN], UINT32_MAX);
    d->journey_scale = cursor_varint(&d->columns[COLUMN_JOURNEY_SCALE]);
    ret = take_events(d, h, err);
    if (ret < 0)
        return ret;
    decoder->traces = d->traces;
    decoder->patched = d->patched;
    return nst_frame_finish(&decoder->frame, NST_COLUMN_IDS, err);
}

/* An event has a byte at least in the column of times: what a block makes a reader do and
 * allocate is bounded by what it holds. */
static int check_events(const struct events_decoder *d, struct nst_error *err)
{
    size_t times = cursor_left(&d->columns[COLUMN_TIME]);

    if (d->events > times)
        return nst_fail(err, -EBADMSG, "it claims %u events, their times have %zu bytes", d->events,
                        times);
    return 0;
}

int nst_decode_events(struct decoder *decoder, struct content *content,
                      const struct block_header *h, const uint8_t *meta, bool sites_only,
                      struct nst_error *err)
{
    struct events_decoder d = {
        .columns = decoder->frame.columns, .frame_len = h->meta.plain, .events = h->info.events};
    int ret;

    nst_content_clear(content);
    ret = nst_decode_inflate(&h->meta, meta, &decoder->meta, 0, err);
    if (ret == 0)
        ret = nst_frame_parse(&decoder->frame, decoder->meta.data, decoder->meta.len, err);
    if (ret == 0)
        ret = check_events(&d, err);
    if (ret == 0)
        ret = sites_only ? decode_sites(&decoder->frame, &d, content, err)
                         : decode_meta(decoder, &d, content, h, err);
    if (ret < 0)
        nst_content_clear(content);
    return ret;
}
