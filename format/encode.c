/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a block's events become columns. Most of what an event says follows from the event
 * before it in its journey: it was there in the same state of mind, on the same CPU, with
 * the same bytes, and came on to where the last packet from there came on to. Only what is
 * otherwise takes up room. nstrail(5) has the rules from the reader's side.
 */
#include "config.h"

#include "format/encode.h"

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>

#include "format/error.h"
#include "format/layout.h"

/* Above 256 KiB a block compresses no better, below it worse. */
#define PAYLOAD_FULL (256u * 1024)
/* Bytes kept aside, of packets that are in the block as patches only. */
#define PATCHED_FULL (1024u * 1024)
/* How many events lie between two exact counts of the META frame's size. */
#define EVENTS_BETWEEN_COUNTS 64u
/* A patch counts its operations in one byte that is also a varint. */
#define PATCH_MAX_OPS 127
/* Equal bytes between two changed ones that cost less than a new operation. */
#define PATCH_MIN_GAP 3

/* The columns that events write to, as opposed to those that a finished block's dictionaries
 * make. */
enum stream {
    S_TIME,
    S_CHAIN,
    S_CHANGES,
    S_SITE,
    S_CPU,
    S_TASK,
    S_LENGTH,
    S_CAPLEN,
    S_SKB,
    S_MODE,
    S_JOURNEY_ID,
    S_JOURNEY_TIME,
    S_JOURNEY_HEAD,
    S_SKB_ADDRESS,
    S_HEAD_ADDRESS,
    STREAMS,
};

static const uint16_t stream_columns[STREAMS] = {
    [S_TIME] = COLUMN_TIME,
    [S_CHAIN] = COLUMN_CHAIN,
    [S_CHANGES] = COLUMN_CHANGES,
    [S_SITE] = COLUMN_SITE,
    [S_CPU] = COLUMN_CPU,
    [S_TASK] = COLUMN_TASK,
    [S_LENGTH] = COLUMN_LENGTH,
    [S_CAPLEN] = COLUMN_CAPLEN,
    [S_SKB] = COLUMN_SKB,
    [S_MODE] = COLUMN_MODE,
    [S_JOURNEY_ID] = COLUMN_JOURNEY_ID,
    [S_JOURNEY_TIME] = COLUMN_JOURNEY_TIME,
    [S_JOURNEY_HEAD] = COLUMN_JOURNEY_HEAD,
    [S_SKB_ADDRESS] = COLUMN_SKB_ADDRESS,
    [S_HEAD_ADDRESS] = COLUMN_HEAD_ADDRESS,
};

/* The columns made from the dictionaries when a block is finished: ids from COLUMN_COUNTS to
 * COLUMN_SITE_VLAN without a gap. */
enum { DICT_COLUMNS = COLUMN_SITE_VLAN + 1 };

struct stream_buffer {
    uint8_t *start, *pos; /* room for NST_MAX_EVENTS varints of full length */
};

/* What the next event of a chain is compared with: its last one. */
struct chain {
    uint64_t key; /* journey id; of an untracked packet its skb address */
    uint64_t journey_ts_ns, journey_head;
    uint64_t skb;
    int64_t length; /* from L3 */
    const uint8_t *packet;
    uint32_t caplen;
    uint32_t event; /* its index in the block */
    uint32_t site;
    uint32_t cpu;
    bool tracked;
    bool l3; /* packet begins there */
};

struct site {
    uint64_t words[4]; /* the fields of an event packed, see site_of() */
};

struct journey {
    uint64_t id, ts_ns;
};

/* Addresses that the block has used, each stored once. */
struct addresses {
    uint64_t *known;
    uint32_t count;
    uint64_t last;
    struct hash_table table;
    enum stream refs, values;
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

    struct stream_buffer streams[STREAMS];

    struct chain *chains;
    uint32_t chains_count;
    struct hash_table chain_table;

    struct site *sites;
    uint32_t sites_count;
    struct hash_table site_table;
    uint32_t *successor; /* of site + 1: the site that came after it last time; [0]: began a chain */

    struct addresses skbs, heads;
    uint32_t task_of_cpu[NST_CPU_SLOTS];    /* writer's index + 1 */
    struct journey journeys[NST_CPU_SLOTS]; /* the last that began on a CPU */
    uint64_t journey_scale;                 /* ids grow by this a nanosecond; 0: by one each */
    uint64_t likely_scale, next_scale;      /* as the last foretelling that failed suggests */

    struct dict dicts[DICTS];

    /* PKT frame, as it will be stored: a table of two columns, the full packets; the patches
     * follow when the block is finished. */
    uint8_t *pkt;
    size_t full_len, patch_len;
    uint8_t *patches;
    uint8_t *patched; /* packets as their patches made them */
    size_t patched_len;

    struct buffer dict_columns[DICT_COLUMNS];
    struct buffer meta;
    void *lz4_state;
};

enum {
    PKT_HEAD_SIZE = FRAME_HEAD_SIZE + 2 * FRAME_COLUMN_SIZE,
    PKT_ROOM = PAYLOAD_FULL + NST_MAX_SNAPLEN + 1,
};

static inline void put(struct encoder *e, enum stream s, uint64_t v)
{
    e->streams[s].pos = put_varint(e->streams[s].pos, v);
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
    for (i = 0; i < STREAMS; i++)
        e->streams[i].pos = e->streams[i].start;
    e->chains_count = 0;
    nst_hash_clear(&e->chain_table);
    e->successor[0] = 0;
    e->sites_count = 0;
    nst_hash_clear(&e->site_table);
    e->skbs.count = e->heads.count = 0;
    e->skbs.last = e->heads.last = 0;
    nst_hash_clear(&e->skbs.table);
    nst_hash_clear(&e->heads.table);
    memset(e->task_of_cpu, 0, sizeof(e->task_of_cpu));
    memset(e->journeys, 0, sizeof(e->journeys));
    e->journey_scale = e->next_scale;
    for (i = 0; i < DICTS; i++)
        e->dicts[i].used_count = 0;
    e->full_len = e->patch_len = e->patched_len = 0;
}

static int init_addresses(struct addresses *a, enum stream refs, enum stream values)
{
    a->refs = refs;
    a->values = values;
    a->known = malloc(NST_MAX_EVENTS * sizeof(*a->known));
    return nst_hash_init(&a->table) < 0 || !a->known ? -ENOMEM : 0;
}

/* Everything at its largest: pages of it that no block uses are never touched. */
static int init(struct encoder *e)
{
    bool failed = false;
    int i;

    for (i = 0; i < STREAMS; i++) {
        e->streams[i].start = malloc((size_t)NST_MAX_EVENTS * VARINT_MAX);
        failed |= !e->streams[i].start;
    }
    for (i = 0; i < DICTS; i++)
        failed |= nst_dict_init(&e->dicts[i]) < 0;
    e->chains = malloc(NST_MAX_EVENTS * sizeof(*e->chains));
    e->sites = malloc(NST_MAX_EVENTS * sizeof(*e->sites));
    e->successor = malloc((NST_MAX_EVENTS + 1) * sizeof(*e->successor));
    e->pkt = malloc(PKT_HEAD_SIZE + 2 * PKT_ROOM);
    e->patches = malloc(PKT_ROOM);
    e->patched = malloc(PATCHED_FULL + NST_MAX_SNAPLEN);
    e->lz4_state = malloc((size_t)LZ4_sizeofState());
    failed |= nst_hash_init(&e->chain_table) < 0;
    failed |= nst_hash_init(&e->site_table) < 0;
    failed |= init_addresses(&e->skbs, S_SKB, S_SKB_ADDRESS) < 0;
    failed |= init_addresses(&e->heads, S_JOURNEY_HEAD, S_HEAD_ADDRESS) < 0;
    return failed || !e->chains || !e->sites || !e->successor || !e->pkt || !e->patches ||
                   !e->patched || !e->lz4_state
               ? -ENOMEM
               : 0;
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
    for (i = 0; i < STREAMS; i++)
        free(e->streams[i].start);
    for (i = 0; i < DICTS; i++)
        nst_dict_free(&e->dicts[i]);
    for (i = 0; i < DICT_COLUMNS; i++)
        nst_buffer_free(&e->dict_columns[i]);
    nst_buffer_free(&e->meta);
    nst_hash_free(&e->chain_table);
    nst_hash_free(&e->site_table);
    nst_hash_free(&e->skbs.table);
    nst_hash_free(&e->heads.table);
    free(e->skbs.known);
    free(e->heads.known);
    free(e->chains);
    free(e->sites);
    free(e->successor);
    free(e->pkt);
    free(e->patches);
    free(e->patched);
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
        !index_ok(&e->dicts[OF_REASON], ev->drop_reason))
        return nst_fail(err, -EINVAL, "event: an index is beyond its dictionary");
    return 0;
}

/* ------------------------------------------------------------ dictionaries */

static size_t name_size(const char *s)
{
    return s ? strlen(s) : 0;
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

static inline struct site site_of(const struct nst_event *ev)
{
    return (struct site){{
        ev->netns | (uint64_t)ev->device << 32,
        ev->rx_ifindex | (uint64_t)ev->probe << 32,
        ev->drop_reason | (uint64_t)ev->vlan_proto << 48 | (uint64_t)ev->vlan_tci << 32,
        ev->netns_source | (uint64_t)ev->flags << 8,
    }};
}

static inline bool same_site(const struct site *a, const struct site *b)
{
    return !((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
             (a->words[2] ^ b->words[2]) | (a->words[3] ^ b->words[3]));
}

static uint32_t hash_site(const struct site *site)
{
    uint64_t h = hash_mix(hash_mix(1, site->words[0]), site->words[1]);

    return (uint32_t)hash_mix(hash_mix(h, site->words[2]), site->words[3]);
}

static int new_site(struct encoder *e, const struct site *site, uint32_t hash,
                    const struct nst_event *ev, uint32_t *index)
{
    if (use_entry(e, OF_NETNS, ev->netns) < 0 || use_entry(e, OF_DEVICE, ev->device) < 0 ||
        use_entry(e, OF_PROBE, ev->probe) < 0 || use_entry(e, OF_REASON, ev->drop_reason) < 0 ||
        nst_hash_room(&e->site_table) < 0)
        return -ENOMEM;
    nst_hash_add(&e->site_table, hash, e->sites_count);
    *index = e->sites_count++;
    e->sites[*index] = *site;
    e->successor[*index + 1] = 0;
    e->dict_bytes += sizeof(*site);
    return 0;
}

static int find_site(struct encoder *e, const struct site *site, const struct nst_event *ev,
                     uint32_t *index)
{
    uint32_t hash = hash_site(site);
    const struct hash_slot *s;

    for (s = nst_hash_first(&e->site_table, hash); s->entry; s = nst_hash_next(&e->site_table, s)) {
        if (s->hash == hash && same_site(&e->sites[s->entry - 1], site)) {
            *index = s->entry - 1;
            return 0;
        }
    }
    return new_site(e, site, hash, ev, index);
}

/* The site of an event that follows one at `before` (index + 1; 0: begins a chain). *expected:
 * it is the one that a reader takes it for. */
static int place_event(struct encoder *e, const struct nst_event *ev, uint32_t before,
                       uint32_t *index, bool *expected)
{
    struct site site = site_of(ev);
    uint32_t likely = e->successor[before];

    *expected = likely < e->sites_count && same_site(&e->sites[likely], &site);
    *index = likely;
    return *expected ? 0 : find_site(e, &site, ev, index);
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

static void put_address(struct encoder *e, struct addresses *a, uint64_t address)
{
    uint32_t hash = hash_u64(address);
    const struct hash_slot *s;

    for (s = nst_hash_first(&a->table, hash); s->entry; s = nst_hash_next(&a->table, s)) {
        if (a->known[s->entry - 1] == address) {
            put(e, a->refs, s->entry);
            return;
        }
    }
    put(e, a->refs, 0);
    put(e, a->values, zigzag(address - a->last));
    a->last = address;
    nst_hash_add(&a->table, hash, a->count);
    a->known[a->count++] = address;
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

    put(e, S_JOURNEY_TIME, zigzag(ev->ts_ns - ev->journey_ts_ns));
    put(e, S_JOURNEY_ID, zigzag(ids - expected));
    put_address(e, &e->heads, ev->journey_head);
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

/* --------------------------------------------------------------- packets */

static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* From i on, the first byte that differs; len: none. */
static size_t skip_equal(const uint8_t *a, const uint8_t *b, size_t i, size_t len)
{
    while (len - i >= 8 && load_u64(a + i) == load_u64(b + i))
        i += 8;
    while (i < len && a[i] == b[i])
        i++;
    return i;
}

/* From i on, where a run of equal bytes begins that is worth an operation; or len. */
static size_t skip_changed(const uint8_t *a, const uint8_t *b, size_t i, size_t len)
{
    size_t equal = 0;

    for (; i < len && equal <= PATCH_MIN_GAP; i++)
        equal = a[i] == b[i] ? equal + 1 : 0;
    return i - equal;
}

/* Writes the operations that make `packet` from `expected`; answers their size, or 0 where
 * storing all of the packet is no worse. */
static size_t make_patch(uint8_t *out, const uint8_t *expected, const uint8_t *packet, size_t len)
{
    uint8_t *p = out + 1;
    size_t done = 0, from, to;
    int ops = 0;

    for (;;) {
        from = skip_equal(expected, packet, done, len);
        if (from == len)
            break;
        to = skip_changed(expected, packet, from, len);
        if (++ops > PATCH_MAX_OPS || (size_t)(p - out) + (to - from) > len / 2)
            return 0;
        p = put_varint(p, from - done);
        p = put_varint(p, to - from);
        memcpy(p, packet + from, to - from);
        p += to - from;
        done = to;
    }
    out[0] = (uint8_t)ops;
    return (size_t)(p - out);
}

/* What a reader expects of a packet: the chain's last bytes, shift further on, zeros where
 * there were none. */
static void expect_packet(uint8_t *out, size_t len, const struct chain *c, int shift)
{
    size_t skip = shift < 0 ? (size_t)-shift : 0, from = shift > 0 ? (size_t)shift : 0, have;

    skip = skip < len ? skip : len;
    have = from < c->caplen ? c->caplen - from : 0;
    have = have < len - skip ? have : len - skip;
    memset(out, 0, skip);
    if (have)
        memcpy(out + skip, c->packet + from, have);
    memset(out + skip + have, 0, len - skip - have);
}

static bool put_patch(struct encoder *e, struct chain *c, const struct nst_event *ev, int shift)
{
    uint8_t *kept = e->patched + e->patched_len;
    size_t len = ev->caplen_bytes, size;

    if (!c->caplen)
        return false;
    expect_packet(kept, len, c, shift);
    size = make_patch(e->patches + e->patch_len, kept, ev->packet, len);
    if (!size)
        return false;
    memcpy(kept, ev->packet, len);
    e->patch_len += size;
    e->patched_len += len;
    c->packet = kept;
    return true;
}

static void put_full(struct encoder *e, struct chain *c, const struct nst_event *ev)
{
    uint8_t *p = e->pkt + PKT_HEAD_SIZE + e->full_len;

    memcpy(p, ev->packet, ev->caplen_bytes);
    e->full_len += ev->caplen_bytes;
    c->packet = p;
}

/* The packet's bytes; begins: this is its chain's first event. */
static uint8_t put_packet(struct encoder *e, struct chain *c, const struct nst_event *ev,
                          bool begins)
{
    bool l3 = ev->flags & NST_EVENT_L3;
    int shift = (l3 ? NST_L2_SIZE : 0) - (c->l3 ? NST_L2_SIZE : 0);
    uint32_t len = ev->caplen_bytes;
    uint8_t change = 0;

    if (!len) {
        c->packet = NULL;
    } else if (begins) {
        put_full(e, c, ev);
    } else if (shift >= 0 && (uint64_t)len + (uint32_t)shift <= c->caplen &&
               memcmp(c->packet + shift, ev->packet, len) == 0) {
        c->packet += shift;
    } else if (put_patch(e, c, ev, shift)) {
        put(e, S_MODE, MODE_PATCH);
        change = CHANGE_MODE;
    } else {
        put_full(e, c, ev);
        put(e, S_MODE, MODE_FULL);
        change = CHANGE_MODE;
    }
    c->caplen = len;
    c->l3 = l3;
    e->expanded += len;
    return change;
}

/* ---------------------------------------------------------------- events */

static uint8_t put_cpu(struct encoder *e, struct chain *c, uint32_t cpu)
{
    bool expected = cpu == c->cpu;

    if (!expected)
        put(e, S_CPU, cpu);
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
    put(e, S_TASK, task ? e->dicts[OF_TASK].entries[ev->task].local + 1 : 0);
    return CHANGE_TASK;
}

static uint8_t put_lengths(struct encoder *e, struct chain *c, const struct nst_event *ev,
                           bool begins)
{
    int64_t length = (int64_t)ev->len_bytes - (ev->flags & NST_EVENT_L3 ? 0 : NST_L2_SIZE);
    uint32_t most = ev->len_bytes < e->snaplen ? ev->len_bytes : e->snaplen;
    uint8_t changes = 0;

    if (begins || length != c->length) {
        put(e, S_LENGTH, zigzag((uint64_t)length - (uint64_t)c->length));
        changes |= begins ? 0 : CHANGE_LENGTH;
        c->length = length;
    }
    if (ev->caplen_bytes != most) {
        put(e, S_CAPLEN, ev->caplen_bytes);
        changes |= CHANGE_CAPLEN;
    }
    return changes;
}

static uint8_t put_skb(struct encoder *e, struct chain *c, const struct nst_event *ev, bool begins)
{
    if (!begins && ev->skb == c->skb)
        return 0;
    put_address(e, &e->skbs, ev->skb);
    c->skb = ev->skb;
    return begins ? 0 : CHANGE_SKB;
}

static void note_time(struct encoder *e, uint64_t ts_ns)
{
    put(e, S_TIME, zigzag(ts_ns - e->ts_ns));
    e->ts_ns = ts_ns;
    if (!e->events || ts_ns < e->first_ts_ns)
        e->first_ts_ns = ts_ns;
    if (!e->events || ts_ns > e->last_ts_ns)
        e->last_ts_ns = ts_ns;
}

static size_t meta_size(const struct encoder *e)
{
    size_t size = e->dict_bytes;
    int i;

    for (i = 0; i < STREAMS; i++)
        size += (size_t)(e->streams[i].pos - e->streams[i].start);
    return size;
}

/* One more event as large as may be must still fit. */
static bool is_full(const struct encoder *e)
{
    return e->events == NST_MAX_EVENTS || e->full_len + e->patch_len >= PAYLOAD_FULL ||
           e->patched_len >= PATCHED_FULL || e->expanded > NST_MAX_EXPANDED - NST_MAX_SNAPLEN ||
           (e->events % EVENTS_BETWEEN_COUNTS == 0 && meta_size(e) >= PAYLOAD_FULL);
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
        nst_hash_room(&e->skbs.table) < 0 || nst_hash_room(&e->heads.table) < 0)
        return nst_fail(err, -ENOMEM, "out of memory");

    note_time(e, ev->ts_ns);
    put(e, S_CHAIN, c ? e->events - c->event : 0);
    if (!expected)
        put(e, S_SITE, site);
    changes |= expected ? 0 : CHANGE_SITE;
    e->successor[c ? c->site + 1 : 0] = site;
    if (begins)
        c = begin_chain(e, ev, hash, &changes);
    changes |= put_cpu(e, c, ev->cpu);
    changes |= put_task(e, ev);
    changes |= put_lengths(e, c, ev, begins);
    changes |= put_skb(e, c, ev, begins);
    changes |= put_packet(e, c, ev, begins);
    *e->streams[S_CHANGES].pos++ = changes;
    c->site = site;
    c->event = e->events++;
    e->full = is_full(e);
    return 0;
}

/* ------------------------------------------------------------- a whole block */

static const struct dict_entry *used_entry(const struct encoder *e, enum count_of kind, uint32_t i)
{
    const struct dict *d = &e->dicts[kind];

    return &d->entries[d->used[i]];
}

/* Of a writer's index, the block's plus one; 0: none. */
static uint32_t local_or_none(const struct encoder *e, enum count_of kind, uint32_t index)
{
    return index == NST_NONE ? 0 : e->dicts[kind].entries[index].local + 1;
}

static void make_netns(struct encoder *e)
{
    uint32_t i;

    for (i = 0; i < e->dicts[OF_NETNS].used_count; i++) {
        const struct dict_key *key = &used_entry(e, OF_NETNS, i)->key;

        nst_buffer_varint(&e->dict_columns[COLUMN_NETNS_COOKIE], key->first);
        nst_buffer_varint(&e->dict_columns[COLUMN_NETNS_INUM], key->second);
    }
}

static void make_devices(struct encoder *e)
{
    uint32_t i;

    for (i = 0; i < e->dicts[OF_DEVICE].used_count; i++) {
        const struct dict_key *key = &used_entry(e, OF_DEVICE, i)->key;

        nst_buffer_varint(&e->dict_columns[COLUMN_DEVICE_NETNS],
                          local_or_none(e, OF_NETNS, (uint32_t)key->first));
        nst_buffer_varint(&e->dict_columns[COLUMN_DEVICE_IFINDEX], key->second);
        nst_buffer_string(&e->dict_columns[COLUMN_DEVICE_NAME], key->names[0]);
    }
}

static void make_tasks(struct encoder *e)
{
    uint32_t i;

    for (i = 0; i < e->dicts[OF_TASK].used_count; i++) {
        const struct dict_key *key = &used_entry(e, OF_TASK, i)->key;

        nst_buffer_varint(&e->dict_columns[COLUMN_TASK_PID], key->first);
        nst_buffer_varint(&e->dict_columns[COLUMN_TASK_TGID], zigzag(key->second - key->first));
        nst_buffer_string(&e->dict_columns[COLUMN_TASK_COMM], key->names[0]);
    }
}

static void make_probes(struct encoder *e)
{
    uint32_t i;

    for (i = 0; i < e->dicts[OF_PROBE].used_count; i++) {
        const struct dict_key *key = &used_entry(e, OF_PROBE, i)->key;

        nst_buffer_varint(&e->dict_columns[COLUMN_PROBE_KIND], key->first);
        nst_buffer_string(&e->dict_columns[COLUMN_PROBE_SYMBOL], key->names[0]);
    }
}

static void make_reasons(struct encoder *e)
{
    uint32_t i;

    for (i = 0; i < e->dicts[OF_REASON].used_count; i++) {
        const struct dict_key *key = &used_entry(e, OF_REASON, i)->key;

        nst_buffer_varint(&e->dict_columns[COLUMN_REASON_NUMBER], key->first);
        nst_buffer_string(&e->dict_columns[COLUMN_REASON_SUBSYS], key->names[0]);
        nst_buffer_string(&e->dict_columns[COLUMN_REASON_NAME], key->names[1]);
    }
}

/* The words are those of site_of(). */
static void make_sites(struct encoder *e)
{
    struct buffer *b = e->dict_columns;
    uint32_t i;

    for (i = 0; i < e->sites_count; i++) {
        const uint64_t *w = e->sites[i].words;

        nst_buffer_varint(&b[COLUMN_SITE_NETNS], local_or_none(e, OF_NETNS, (uint32_t)w[0]));
        nst_buffer_varint(&b[COLUMN_SITE_DEVICE], local_or_none(e, OF_DEVICE, w[0] >> 32));
        nst_buffer_varint(&b[COLUMN_SITE_RX_IFINDEX], (uint32_t)w[1]);
        nst_buffer_varint(&b[COLUMN_SITE_PROBE], local_or_none(e, OF_PROBE, w[1] >> 32) - 1);
        nst_buffer_varint(&b[COLUMN_SITE_REASON], local_or_none(e, OF_REASON, (uint32_t)w[2]));
        nst_buffer_varint(&b[COLUMN_SITE_VLAN], w[2] >> 32);
        nst_buffer_byte(&b[COLUMN_SITE_NETNS_SOURCE], (uint8_t)w[3]);
        nst_buffer_byte(&b[COLUMN_SITE_FLAGS], (uint8_t)(w[3] >> 8));
    }
}

static int make_meta(struct encoder *e)
{
    struct column columns[DICT_COLUMNS + STREAMS + 1];
    struct buffer *b = e->dict_columns;
    uint8_t scale[VARINT_MAX];
    size_t count = 0;
    int i;

    for (i = 0; i < DICT_COLUMNS; i++)
        b[i].len = 0;
    for (i = 0; i < DICTS; i++)
        nst_buffer_varint(&b[COLUMN_COUNTS], e->dicts[i].used_count);
    nst_buffer_varint(&b[COLUMN_COUNTS], e->sites_count);
    nst_buffer_varint(&b[COLUMN_SNAPLEN], e->snaplen);
    make_netns(e);
    make_devices(e);
    make_tasks(e);
    make_probes(e);
    make_reasons(e);
    make_sites(e);

    for (i = COLUMN_COUNTS; i < DICT_COLUMNS; i++) {
        if (b[i].failed)
            return -ENOMEM;
        columns[count++] = (struct column){.id = (uint16_t)i, .data = b[i].data, .len = b[i].len};
    }
    for (i = 0; i < STREAMS; i++)
        columns[count++] = (struct column){
            .id = stream_columns[i],
            .data = e->streams[i].start,
            .len = (size_t)(e->streams[i].pos - e->streams[i].start),
        };
    columns[count++] = (struct column){
        .id = COLUMN_JOURNEY_SCALE,
        .data = scale,
        .len = (size_t)(put_varint(scale, e->journey_scale) - scale),
    };
    return nst_frame_build(&e->meta, columns, count);
}

/* The full packets are in their place already. Answers the frame's length, 0 for no frame. */
static size_t make_pkt(struct encoder *e)
{
    if (!e->full_len && !e->patch_len)
        return 0;
    nst_frame_put_table(e->pkt, (struct column[]){
                                    {.id = COLUMN_PACKET_FULL, .len = e->full_len},
                                    {.id = COLUMN_PACKET_PATCH, .len = e->patch_len},
                                }, 2);
    memcpy(e->pkt + PKT_HEAD_SIZE + e->full_len, e->patches, e->patch_len);
    return PKT_HEAD_SIZE + e->full_len + e->patch_len;
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
        ret = append_frame(e, &h->pkt, e->pkt, make_pkt(e), out);
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
