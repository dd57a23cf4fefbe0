/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a block's events become columns. Most of what an event says follows from the event
 * before it in its journey: it has the same skb and the same bytes, is on the same CPU, and
 * came on to where the last packet from there came on to. Only what is otherwise takes up room.
 * nstrail(5) has the rules from the reader's side.
 */
#include "config.h"

#include "format/encode.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>

#include "format/address.h"
#include "format/error.h"
#include "format/layout.h"
#include "format/packets.h"
#include "format/state.h"
#include "format/streams.h"

/* How many events lie between two exact counts of the META frame's size. */
#define EVENTS_BETWEEN_COUNTS 64u

#define CACHE_LINE 64

/* What the next event of a chain is compared with: its last one. Fills a cache line, for a block
 * has thousands, and it is the waiting for them that takes an encoder's time. */
struct chain {
    uint64_t key; /* journey id; of an untracked packet its skb address */
    uint64_t journey_ts_ns, journey_head;
    uint64_t skb;
    struct known_packet packet;
    uint32_t len_bytes;
    uint32_t site;
    uint32_t cpu;
    uint32_t event : 31; /* its index in the block */
    uint32_t tracked : 1;
};

_Static_assert(sizeof(struct chain) == CACHE_LINE, "a chain is a cache line");

struct journey {
    uint64_t id, ts_ns;
};

struct encoder {
    uint32_t snaplen;
    uint32_t block; /* counted from 1 */
    uint32_t events;
    uint64_t first_ts_ns, last_ts_ns; /* lowest and highest */
    uint64_t ts_ns;                   /* of the event before */
    uint32_t cpu;                     /* of the event before */
    uint64_t expanded;
    uint64_t netns_bits[2], probe_bits;
    size_t dict_bytes; /* about what the dictionaries will take */
    bool full;

    struct streams streams;
    struct packets packets;
    struct states states;
    struct dict dicts[DICTS];
    struct sites sites;
    struct addresses skbs, heads;

    struct chain *chains; /* room for one an event */
    uint32_t chains_count;
    struct hash_table chain_table;

    uint32_t task_of_cpu[NST_CPU_SLOTS];    /* writer's index + 1 */
    struct journey journeys[NST_CPU_SLOTS]; /* the last that began on a CPU */
    uint64_t journey_scale;                 /* ids grow by this a nanosecond; 0: by one each */
    uint64_t likely_scale, next_scale;      /* as the last foretelling that failed suggests */

    struct buffer dict_columns[DICT_COLUMNS];
    struct buffer meta;
    void *lz4_state;
};

static inline void put(struct encoder *e, enum stream stream, uint64_t v)
{
    stream_put(&e->streams, stream, v);
}

static void begin_block(struct encoder *e)
{
    int i;

    e->block++;
    e->events = 0;
    e->ts_ns = 0;
    e->cpu = 0;
    e->expanded = 0;
    e->netns_bits[0] = e->netns_bits[1] = e->probe_bits = 0;
    e->dict_bytes = 0;
    e->full = false;
    nst_streams_clear(&e->streams);
    nst_packets_clear(&e->packets);
    nst_states_clear(&e->states);
    for (i = 0; i < DICTS; i++)
        e->dicts[i].used_count = 0;
    nst_sites_clear(&e->sites);
    nst_addresses_clear(&e->skbs);
    nst_addresses_clear(&e->heads);
    e->chains_count = 0;
    nst_hash_clear(&e->chain_table);
    memset(e->task_of_cpu, 0, sizeof(e->task_of_cpu));
    memset(e->journeys, 0, sizeof(e->journeys));
    e->journey_scale = e->next_scale;
}

/* Everything at its largest: pages of it that no block uses are never touched. */
static int init(struct encoder *e)
{
    bool failed = nst_streams_init(&e->streams) < 0;
    int i;

    failed |= nst_packets_init(&e->packets) < 0;
    failed |= nst_states_init(&e->states) < 0;
    for (i = 0; i < DICTS; i++)
        failed |= nst_dict_init(&e->dicts[i]) < 0;
    failed |= nst_sites_init(&e->sites) < 0;
    failed |= nst_addresses_init(&e->skbs, STREAM_SKB, STREAM_SKB_ADDRESS) < 0;
    failed |= nst_addresses_init(&e->heads, STREAM_JOURNEY_HEAD, STREAM_HEAD_ADDRESS) < 0;
    e->chains = aligned_alloc(CACHE_LINE, NST_MAX_EVENTS * sizeof(*e->chains));
    failed |= nst_hash_init(&e->chain_table) < 0;
    e->lz4_state = malloc((size_t)LZ4_sizeofState());
    return failed || !e->chains || !e->lz4_state ? -ENOMEM : 0;
}

int nst_encoder_new(struct encoder **out, uint32_t snaplen)
{
    struct encoder *e = calloc(1, sizeof(*e));

    if (!e)
        return -ENOMEM;
    e->snaplen = snaplen;
    if (init(e) < 0) {
        nst_encoder_free(e);
        return -ENOMEM;
    }
    begin_block(e);
    *out = e;
    return 0;
}

void nst_encoder_free(struct encoder *e)
{
    int i;

    if (!e)
        return;
    nst_streams_free(&e->streams);
    nst_packets_free(&e->packets);
    nst_states_free(&e->states);
    for (i = 0; i < DICTS; i++)
        nst_dict_free(&e->dicts[i]);
    nst_sites_free(&e->sites);
    nst_addresses_free(&e->skbs);
    nst_addresses_free(&e->heads);
    free(e->chains);
    nst_hash_free(&e->chain_table);
    for (i = 0; i < DICT_COLUMNS; i++)
        nst_buffer_free(&e->dict_columns[i]);
    nst_buffer_free(&e->meta);
    free(e->lz4_state);
    free(e);
}

struct dict *nst_encoder_dict(struct encoder *e, enum count_of kind)
{
    return &e->dicts[kind];
}

uint32_t nst_encoder_events(const struct encoder *e, uint64_t *first_ts_ns)
{
    if (e->events && first_ts_ns)
        *first_ts_ns = e->first_ts_ns;
    return e->events;
}

bool nst_encoder_full(const struct encoder *e)
{
    return e->full;
}

static bool index_ok(const struct dict *d, uint32_t index)
{
    return index == NST_NONE || index < d->count;
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
    if (ev->probe >= e->dicts[OF_PROBE].count || !index_ok(&e->dicts[OF_NETNS], ev->netns) ||
        !index_ok(&e->dicts[OF_DEVICE], ev->device) || !index_ok(&e->dicts[OF_TASK], ev->task) ||
        !index_ok(&e->dicts[OF_REASON], ev->drop_reason) ||
        !index_ok(&e->dicts[OF_FRAME], ev->stack))
        return nst_fail(err, -EINVAL, "event: an index is beyond its dictionary");
    return 0;
}

/* ------------------------------------------------------------ dictionaries */

static size_t name_size(const char *s)
{
    return s ? strlen(s) : 0;
}

static int use_entry(struct encoder *e, enum count_of kind, uint32_t index);

/* A frame stands behind its caller: so no file can have a trace without an end. As deep as a
 * trace, which NST_MAX_FRAMES bounds. */
static int use_callers(struct encoder *e, enum count_of kind, uint32_t index)
{
    const struct dict_entry *entry = &e->dicts[kind].entries[index];

    if (kind != OF_FRAME || entry->block == e->block)
        return 0;
    return use_entry(e, OF_FRAME, (uint32_t)entry->key.first);
}

/* Makes an entry part of this block. NST_NONE is part of all. */
static int use_entry(struct encoder *e, enum count_of kind, uint32_t index)
{
    struct dict *d = &e->dicts[kind];
    const struct dict_key *key;
    unsigned bit;
    int ret;

    if (index == NST_NONE)
        return 0;
    ret = use_callers(e, kind, index);
    if (ret < 0)
        return ret;
    ret = nst_dict_use(d, index, e->block);
    if (ret <= 0)
        return ret;

    key = &d->entries[index].key;
    e->dict_bytes += 2 * VARINT_MAX + name_size(key->names[0]) + name_size(key->names[1]);
    if (kind == OF_NETNS) {
        bit = nst_netns_bit(key->second);
        e->netns_bits[bit / 64] |= 1ull << bit % 64;
    } else if (kind == OF_PROBE) {
        e->probe_bits |= 1ull << nst_probe_bit((uint32_t)key->first, key->names[0]);
    } else if (kind == OF_DEVICE) {
        return use_entry(e, OF_NETNS, (uint32_t)key->first);
    }
    return 0;
}

/* The site of an event that follows one at `before` (index + 1; 0: begins a chain). *expected:
 * it is the one that a reader takes it for. */
static int place_event(struct encoder *e, const struct nst_event *ev, uint32_t before,
                       uint32_t *index, bool *expected)
{
    struct site site = site_of(ev);
    uint32_t likely = e->sites.successor[before];

    *expected = likely < e->sites.count && same_site(&e->sites.list[likely], &site);
    *index = *expected ? likely : nst_sites_find(&e->sites, &site);
    if (*index < e->sites.count)
        return 0;
    if (use_entry(e, OF_NETNS, ev->netns) < 0 || use_entry(e, OF_DEVICE, ev->device) < 0 ||
        use_entry(e, OF_PROBE, ev->probe) < 0 || use_entry(e, OF_REASON, ev->drop_reason) < 0 ||
        use_entry(e, OF_FRAME, ev->stack) < 0)
        return -ENOMEM;
    e->dict_bytes += sizeof(site);
    return nst_sites_add(&e->sites, &site);
}

/* ------------------------------------------------------------------ chains */

static inline uint32_t hash_u64(uint64_t v)
{
    return (uint32_t)hash_mix(1, v);
}

/* The chain that the event continues, or NULL. */
static struct chain *find_chain(struct encoder *e, const struct nst_event *ev, uint32_t hash)
{
    bool tracked = ev->journey_id != 0;
    uint64_t key = tracked ? ev->journey_id : ev->skb;
    const struct hash_slot *s;
    struct chain *c;

    for (s = nst_hash_first(&e->chain_table, hash); s->entry;
         s = nst_hash_next(&e->chain_table, s)) {
        c = &e->chains[s->entry - 1];
        if (c->key == key && c->tracked == tracked && c->journey_ts_ns == ev->journey_ts_ns &&
            c->journey_head == ev->journey_head)
            return c;
    }
    return NULL;
}

/* How ids are made is the recorder's affair: by counting, or from the time. An id that was not
 * as foretold says how fast they grow; when two agree, the next block counts on it. */
static void learn_scale(struct encoder *e, uint64_t ids, uint64_t ns)
{
    uint64_t scale = e->next_scale;

    if (ids == 1)
        scale = 0;
    else if (ns && ids % ns == 0)
        scale = ids / ns;
    if (scale == e->likely_scale)
        e->next_scale = scale;
    e->likely_scale = scale;
}

static void put_journey(struct encoder *e, const struct nst_event *ev)
{
    struct journey *last = &e->journeys[ev->cpu % NST_CPU_SLOTS];
    uint64_t ids = ev->journey_id - last->id, ns = ev->journey_ts_ns - last->ts_ns;
    uint64_t expected = e->journey_scale ? ns * e->journey_scale : 1;

    put(e, STREAM_JOURNEY_TIME, zigzag(ev->ts_ns - ev->journey_ts_ns));
    put(e, STREAM_JOURNEY_ID, zigzag(ids - expected));
    nst_addresses_put(&e->heads, &e->streams, ev->journey_head);
    if (ids != expected && last->id)
        learn_scale(e, ids, ns);
    *last = (struct journey){ev->journey_id, ev->journey_ts_ns};
}

/* Begins a chain: what its later events have in common. */
static struct chain *begin_chain(struct encoder *e, const struct nst_event *ev, uint32_t hash,
                                 uint8_t *changes)
{
    struct chain *c = &e->chains[e->chains_count];

    nst_hash_add(&e->chain_table, hash, e->chains_count++);
    *c = (struct chain){
        .key = ev->journey_id ? ev->journey_id : ev->skb,
        .journey_ts_ns = ev->journey_ts_ns,
        .journey_head = ev->journey_head,
        .cpu = e->cpu,
        .tracked = ev->journey_id != 0,
    };
    if (c->tracked)
        put_journey(e, ev);
    else
        *changes |= CHANGE_UNTRACKED;
    return c;
}

/* ---------------------------------------------------------------- events */

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
    put(e, STREAM_TASK, task ? e->dicts[OF_TASK].entries[ev->task].local + 1 : 0);
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
            nst_streams_size(&e->streams) + e->dict_bytes >= NST_PAYLOAD_FULL);
}

int nst_encoder_add(struct encoder *e, const struct nst_event *ev, struct nst_error *err)
{
    uint32_t hash = hash_u64(ev->journey_id ? ev->journey_id : ev->skb), site;
    struct chain *c;
    uint8_t changes = 0;
    bool begins, expected;
    int ret = check_event(e, ev, err);

    if (ret < 0)
        return ret;
    /* All that can fail comes first; entries that no event then uses do no harm. */
    c = find_chain(e, ev, hash);
    begins = !c;
    if (place_event(e, ev, c ? c->site + 1 : 0, &site, &expected) < 0 ||
        use_entry(e, OF_TASK, ev->task) < 0 || nst_hash_room(&e->chain_table) < 0 ||
        nst_addresses_room(&e->skbs) < 0 || nst_addresses_room(&e->heads) < 0)
        return nst_fail(err, -ENOMEM, "out of memory");

    note_time(e, ev->ts_ns);
    put(e, STREAM_CHAIN, c ? e->events - c->event : 0);
    if (!expected)
        put(e, STREAM_SITE, site);
    changes |= expected ? 0 : CHANGE_SITE;
    e->sites.successor[c ? c->site + 1 : 0] = site;
    if (begins)
        c = begin_chain(e, ev, hash, &changes);
    changes |= put_cpu(e, c, ev->cpu);
    changes |= put_task(e, ev);
    changes |= put_lengths(e, c, ev, begins);
    changes |= put_skb(e, c, ev, begins);
    changes |= put_packet(e, c, ev, begins);
    *e->streams.pos[STREAM_CHANGES]++ = changes;
    nst_states_put(&e->states, &e->streams, ev, (uint32_t)(c - e->chains), begins, e->events);
    c->site = site;
    c->event = e->events++;
    e->full = is_full(e);
    return 0;
}

/* ------------------------------------------------------------- a whole block */

static int make_meta(struct encoder *e)
{
    struct column columns[DICT_COLUMNS + STREAMS + 1];
    const struct buffer *b = e->dict_columns;
    uint8_t scale[VARINT_MAX];
    size_t count = 0;
    int i;

    if (nst_dict_columns(e->dict_columns, e->dicts, &e->sites, e->snaplen) < 0)
        return -ENOMEM;
    for (i = COLUMN_COUNTS; i < DICT_COLUMNS; i++)
        columns[count++] = (struct column){.id = (uint16_t)i, .data = b[i].data, .len = b[i].len};
    nst_streams_columns(&e->streams, columns + count);
    count += STREAMS;
    columns[count++] = (struct column){
        .id = COLUMN_JOURNEY_SCALE,
        .data = scale,
        .len = (size_t)(put_varint(scale, e->journey_scale) - scale),
    };
    return nst_frame_build(&e->meta, columns, count);
}

static int append_frame(struct encoder *e, struct frame_header *f, const uint8_t *plain, size_t len,
                        struct buffer *out)
{
    uint8_t *p = nst_buffer_room(out, nst_frame_bound(len));

    if (!p)
        return -ENOMEM;
    nst_frame_compress(f, plain, len, p, e->lz4_state);
    out->len += f->stored;
    return 0;
}

int nst_encoder_finish(struct encoder *e, struct block_header *h, struct buffer *out)
{
    int ret = make_meta(e);

    if (ret == 0)
        ret = append_frame(e, &h->meta, e->meta.data, e->meta.len, out);
    if (ret == 0)
        ret = append_frame(e, &h->pkt, e->packets.frame, nst_packets_finish(&e->packets), out);
    h->info.events = e->events;
    h->info.first_ts_ns = e->first_ts_ns;
    h->info.last_ts_ns = e->last_ts_ns;
    h->info.netns_bits[0] = e->netns_bits[0];
    h->info.netns_bits[1] = e->netns_bits[1];
    h->info.probe_bits = e->probe_bits;
    h->info.expanded_bytes = e->expanded;
    begin_block(e);
    return ret;
}
