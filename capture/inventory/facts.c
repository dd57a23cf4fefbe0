/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/array.h"
#include "format/hash.h"

struct facts {
    facts_tell *tell;
    void *context;
    struct fact *list;
    uint32_t count;
    size_t room;
    struct hash_table index; /* of those that are not over, by kind and key */
    struct buffer row;       /* the one that is being looked at */
    uint64_t now_ns;
    uint32_t scan;
    uint64_t left_out;
};

struct facts *facts_new(facts_tell *tell, void *context)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    if (!facts)
        return NULL;
    facts->tell = tell;
    facts->context = context;
    if (nst_hash_init(&facts->index)) {
        free(facts);
        return NULL;
    }
    return facts;
}

void facts_free(struct facts *facts)
{
    if (!facts)
        return;
    for (uint32_t i = 0; i < facts->count; i++)
        free(facts->list[i].bytes);
    free(facts->list);
    nst_hash_free(&facts->index);
    nst_buffer_free(&facts->row);
    free(facts);
}

uint64_t facts_netns(const struct nst_netns *netns)
{
    return netns->cookie ? netns->cookie : (1ull << 63 | netns->inum);
}

static uint64_t netns_of(const struct row *row)
{
    switch (row->kind) {
    case ROW_NETNS:
        return facts_netns(&row->netns.netns);
    case ROW_NAME:
        return facts_netns(&row->name.netns);
    case ROW_PROCESS:
        return facts_netns(&row->process.netns);
    case ROW_CONTAINER:
        return facts_netns(&row->container.netns);
    case ROW_DEVICE:
        return facts_netns(&row->device.netns);
    case ROW_ADDRESS:
        return facts_netns(&row->address.netns);
    case ROW_KINDS:
        break;
    }
    return 0;
}

static uint32_t hash_of(uint8_t kind, const uint8_t *key, size_t len)
{
    return (uint32_t)hash_mix(nst_hash_bytes(key, len), kind);
}

static struct fact *find(struct facts *facts, uint8_t kind, size_t key_len, uint32_t hash)
{
    const struct hash_slot *s;

    for (s = nst_hash_first(&facts->index, hash); s->entry; s = nst_hash_next(&facts->index, s)) {
        struct fact *fact = &facts->list[s->entry - 1];

        if (s->hash == hash && fact->kind == kind && !fact->over && fact->key_len == key_len &&
            !memcmp(fact->bytes, facts->row.data, key_len))
            return fact;
    }
    return NULL;
}

/* NULL: no room or no memory. */
static struct fact *add(struct facts *facts)
{
    struct fact *list;

    if (facts->count == FACTS_MAX || nst_hash_room(&facts->index))
        return NULL;
    list = nst_array_room(facts->list, facts->count, &facts->room, sizeof(*list));
    if (!list)
        return NULL;
    facts->list = list;
    return &facts->list[facts->count];
}

static void begin_fact(struct facts *facts, const struct row *row, size_t key_len, uint32_t hash,
                       uint64_t first_ts_ns)
{
    struct fact *fact = add(facts);
    uint8_t *bytes = fact ? malloc(facts->row.len) : NULL;

    if (!bytes) {
        facts->left_out++;
        return;
    }
    memcpy(bytes, facts->row.data, facts->row.len);
    *fact = (struct fact){
        .first_ts_ns = first_ts_ns && first_ts_ns < facts->now_ns ? first_ts_ns : facts->now_ns,
        .last_ts_ns = facts->now_ns,
        .netns = netns_of(row),
        .scan = facts->scan,
        .hash = hash,
        .key_len = (uint16_t)key_len,
        .len = (uint16_t)facts->row.len,
        .kind = (uint8_t)row->kind,
        .bytes = bytes,
    };
    nst_hash_add(&facts->index, hash, facts->count++);
    facts->tell(facts->context, fact);
}

static void end_fact(struct facts *facts, struct fact *fact, uint64_t last_ts_ns)
{
    fact->over = true;
    fact->last_ts_ns = last_ts_ns;
    facts->tell(facts->context, fact);
}

void facts_begin(struct facts *facts, uint64_t now_ns)
{
    facts->now_ns = now_ns;
    facts->scan++;
}

static bool encode(struct facts *facts, const struct row *row, size_t *key_len)
{
    facts->row.len = 0;
    facts->row.failed = false;
    *key_len = row_encode(&facts->row, row);
    return !facts->row.failed && facts->row.len <= ROW_BYTES_MAX;
}

void facts_see(struct facts *facts, const struct row *row, uint64_t first_ts_ns)
{
    size_t key_len;
    uint32_t hash;
    struct fact *fact;

    if (!encode(facts, row, &key_len)) {
        facts->left_out++;
        return;
    }
    hash = hash_of((uint8_t)row->kind, facts->row.data, key_len);
    fact = find(facts, (uint8_t)row->kind, key_len, hash);
    if (fact && fact->len == facts->row.len &&
        !memcmp(fact->bytes, facts->row.data, facts->row.len)) {
        fact->last_ts_ns = facts->now_ns;
        fact->scan = facts->scan;
        return;
    }
    if (fact)
        end_fact(facts, fact, facts->now_ns);
    begin_fact(facts, row, key_len, hash, first_ts_ns);
}

static bool is_missing(const struct facts *facts, const struct fact *fact, unsigned kinds)
{
    return !fact->over && fact->scan != facts->scan && (kinds & 1u << fact->kind);
}

/* The kernel tells at once of mounts and devices that go. That a process has gone is noticed when
 * a scan comes by, and its pid can be another's since long before; so with namespaces, and with
 * containers, which are known by the two. */
static bool is_noticed_late(const struct fact *fact)
{
    return fact->kind == ROW_NETNS || fact->kind == ROW_PROCESS || fact->kind == ROW_CONTAINER;
}

static void end_missing(struct facts *facts, struct fact *fact)
{
    end_fact(facts, fact, is_noticed_late(fact) ? fact->last_ts_ns : facts->now_ns);
}

void facts_end(struct facts *facts, unsigned kinds)
{
    for (uint32_t i = 0; i < facts->count; i++)
        if (is_missing(facts, &facts->list[i], kinds))
            end_missing(facts, &facts->list[i]);
}

static int compare_netns(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

void facts_end_in(struct facts *facts, unsigned kinds, uint64_t *netns, size_t count)
{
    if (!count)
        return;
    qsort(netns, count, sizeof(*netns), compare_netns);
    for (uint32_t i = 0; i < facts->count; i++) {
        struct fact *fact = &facts->list[i];

        if (is_missing(facts, fact, kinds) &&
            bsearch(&fact->netns, netns, count, sizeof(*netns), compare_netns))
            end_missing(facts, fact);
    }
}

static bool is_of(const struct fact *fact, uint64_t netns)
{
    return !fact->over && fact->netns == netns;
}

uint64_t facts_died(struct facts *facts, uint64_t netns, uint64_t ts_ns)
{
    for (uint32_t i = 0; i < facts->count; i++)
        if (facts->list[i].netns == netns && facts->list[i].last_ts_ns > ts_ns)
            ts_ns = facts->list[i].last_ts_ns;
    for (uint32_t i = 0; i < facts->count; i++) {
        struct fact *fact = &facts->list[i];

        if (!is_of(fact, netns))
            continue;
        fact->died = fact->kind == ROW_NETNS;
        end_fact(facts, fact, fact->kind == ROW_PROCESS ? fact->last_ts_ns : ts_ns);
    }
    return ts_ns + 1;
}

void facts_keep(struct facts *facts, unsigned kinds, uint64_t netns)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        struct fact *fact = &facts->list[i];

        if (!fact->over && (kinds & 1u << fact->kind) && fact->netns == netns)
            fact->scan = facts->scan;
    }
}

void facts_keep_row(struct facts *facts, const struct row *row)
{
    struct fact *fact = NULL;
    size_t key_len;

    if (encode(facts, row, &key_len))
        fact = find(facts, (uint8_t)row->kind, key_len,
                    hash_of((uint8_t)row->kind, facts->row.data, key_len));
    if (fact)
        fact->scan = facts->scan;
}

void facts_unseen(struct facts *facts, enum row_kind kind,
                  void (*take)(void *context, const struct row *row), void *context)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        struct cursor bytes = cursor_of(fact->bytes, fact->len);
        struct row row;

        if (fact->kind == (uint8_t)kind && !fact->over && fact->scan != facts->scan &&
            row_decode(&bytes, kind, &row))
            take(context, &row);
    }
}

/* Indices change when facts are forgotten. */
static void index_again(struct facts *facts)
{
    nst_hash_clear(&facts->index);
    for (uint32_t i = 0; i < facts->count; i++)
        if (!facts->list[i].over)
            nst_hash_add(&facts->index, facts->list[i].hash, i);
}

void facts_forget(struct facts *facts, uint64_t before_ts_ns)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < facts->count; i++) {
        struct fact *fact = &facts->list[i];

        if (fact->over && fact->last_ts_ns < before_ts_ns)
            free(fact->bytes);
        else
            facts->list[kept++] = *fact;
    }
    if (kept == facts->count)
        return;
    facts->count = kept;
    index_again(facts);
}

void facts_tell_all(struct facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++)
        facts->tell(facts->context, &facts->list[i]);
}

uint64_t facts_left_out(const struct facts *facts)
{
    return facts->left_out;
}
