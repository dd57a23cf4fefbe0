/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tables of a file say, put together with what is known already. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_internal.h"
#include "format/array.h"

/* Where the newest row of that key is noted; made if need be. NULL: no memory. */
static size_t *newest_of(struct inventory_table *table, const struct row_key *key, bool *fresh)
{
    int64_t id = intern_find(&table->keys, key->bytes, key->length);

    *fresh = !id;
    if (!id) {
        size_t *newest =
            nst_array_room(table->newest, table->keys_count, &table->keys_room, sizeof(*newest));

        if (!newest)
            return NULL;
        table->newest = newest;
        id = (int64_t)table->keys_count + 1;
        if (!intern_add(&table->keys, key->bytes, key->length, id))
            return NULL;
        table->keys_count++;
    }
    return &table->newest[id - 1];
}

static bool append(struct inventory_table *table, enum inventory_kind kind, const void *row,
                   uint64_t since_ns, size_t before)
{
    size_t size = inventory_row_types[kind].size;
    void *rows = nst_array_room(table->rows, table->count, &table->room, size);
    struct row_past *past;

    if (!rows)
        return false;
    table->rows = rows;
    past = nst_array_room(table->past, table->count, &table->past_room, sizeof(*past));
    if (!past)
        return false;
    table->past = past;
    memcpy(row_at(table, kind, table->count), row, size);
    table->past[table->count] = (struct row_past){.since_ns = since_ns, .before = before};
    table->count++;
    table->has_changed = true;
    return true;
}

/* Most rows are said again as they were: then all that was sorted still is. */
static bool same_head(const struct inventory_head *a, const struct inventory_head *b)
{
    return a->netns.inum == b->netns.inum && a->netns.cookie == b->netns.cookie &&
           a->first_ts_ns == b->first_ts_ns && a->last_ts_ns == b->last_ts_ns;
}

/* In place of the known one. */
static void put(struct inventory_table *table, enum inventory_kind kind, uint8_t *known,
                const void *row)
{
    struct inventory_head before = row_head(known), now = row_head(row);

    table->has_changed |= !same_head(&before, &now) || !inventory_row_types[kind].same(known, row);
    memcpy(known, row, inventory_row_types[kind].size);
}

/* The times of a row, or where it is, become others. */
static void put_head(struct inventory_table *table, uint8_t *known,
                     const struct inventory_head *head)
{
    table->has_changed = true;
    memcpy(known, head, sizeof(*head));
}

/* A namespace that has died may be followed at once by another with its inum. */
static bool has_died(enum inventory_kind kind, const void *row)
{
    return kind == INVENTORY_NETNS && ((const struct nst_known_netns *)row)->flags & NST_NETNS_GONE;
}

/* The row ends when another begins that tells what has changed. */
static bool leads_to(enum inventory_kind kind, const void *row, uint64_t first_ts_ns)
{
    return row_head(row).last_ts_ns == first_ts_ns && !has_died(kind, row);
}

/* What was known of the same thing gives way to the row, or goes on with it. False: the row
 * is about a time of its own. */
static bool supersede(struct inventory_table *table, enum inventory_kind kind, uint8_t *known,
                      void *row)
{
    struct inventory_head before = row_head(known), now = row_head(row);

    if (now.first_ts_ns <= before.first_ts_ns) {
        put(table, kind, known, row);
        return true;
    }
    if (inventory_row_types[kind].same(known, row) &&
        (now.first_ts_ns < before.last_ts_ns || leads_to(kind, known, now.first_ts_ns))) {
        now.first_ts_ns = before.first_ts_ns;
        memcpy(row, &now, sizeof(now));
        put(table, kind, known, row);
        return true;
    }
    if (before.last_ts_ns > now.first_ts_ns) {
        before.last_ts_ns = now.first_ts_ns;
        put_head(table, known, &before);
    }
    return false;
}

/* The row that was the newest is continued by one that begins when it ends. */
static uint64_t continues(struct inventory_table *table, enum inventory_kind kind, size_t newest,
                          uint64_t first_ts_ns)
{
    struct row_past *past = &table->past[newest];

    past->changed = leads_to(kind, row_at(table, kind, newest), first_ts_ns);
    return past->changed ? past->since_ns : first_ts_ns;
}

/* Whether it is about a time before the row that is the newest, and not of one with it. */
static bool is_earlier(enum inventory_kind kind, const uint8_t *newest, const void *row)
{
    struct inventory_head known = row_head(newest), now = row_head(row);

    if (now.first_ts_ns >= known.first_ts_ns)
        return false;
    return now.last_ts_ns < known.first_ts_ns || !inventory_row_types[kind].same(newest, row) ||
           (now.last_ts_ns == known.first_ts_ns && has_died(kind, row));
}

/* What was over is said again, too; or it was said first where the file is damaged. */
static bool learn_earlier(struct inventory_table *table, enum inventory_kind kind, void *row,
                          size_t newer)
{
    struct inventory_head now = row_head(row), next;
    size_t known;

    while ((known = table->past[newer].before) &&
           row_head(row_at(table, kind, known - 1)).first_ts_ns > now.first_ts_ns)
        newer = known - 1;
    next = row_head(row_at(table, kind, newer));
    if (now.last_ts_ns > next.first_ts_ns) {
        now.last_ts_ns = next.first_ts_ns;
        memcpy(row, &now, sizeof(now));
    }
    if (known && row_head(row_at(table, kind, known - 1)).first_ts_ns == now.first_ts_ns) {
        put(table, kind, row_at(table, kind, known - 1), row);
    } else {
        if (!append(table, kind, row, now.first_ts_ns, known))
            return false;
        known = table->count;
        table->past[newer].before = known;
    }
    table->past[known - 1].changed = leads_to(kind, row, next.first_ts_ns);
    return true;
}

/* How often the recorder looks is not in a file; what it missed, and when it said so, is. */
static void note_missed(struct inventory *inv, const struct inventory_head *before,
                        const struct inventory_head *now)
{
    if (before->last_ts_ns == NST_STILL && now->first_ts_ns == before->first_ts_ns &&
        now->last_ts_ns < inv->last_ts_ns && inv->last_ts_ns - now->last_ts_ns > inv->missed_ns)
        inv->missed_ns = inv->last_ts_ns - now->last_ts_ns;
}

static void note_netns(struct inventory *inv, const void *known, const void *row)
{
    struct inventory_head now = row_head(row), before = known ? row_head(known) : now;

    note_missed(inv, &before, &now);
    if (!inv->since_ns || now.first_ts_ns < inv->since_ns)
        inv->since_ns = now.first_ts_ns;
}

static bool learn_row(struct inventory *inv, enum inventory_kind kind, void *row)
{
    struct inventory_table *table = &inv->tables[kind];
    struct row_key key = {.length = 0};
    uint64_t since_ns = row_head(row).first_ts_ns;
    size_t *newest, before = 0;
    bool fresh;

    if (!inventory_row_types[kind].own(inv, row))
        return false;
    inventory_row_types[kind].key(row, &key);
    newest = newest_of(table, &key, &fresh);
    if (!newest)
        return false;
    if (kind == INVENTORY_NETNS)
        note_netns(inv, fresh ? NULL : row_at(table, kind, *newest), row);
    if (!fresh && is_earlier(kind, row_at(table, kind, *newest), row))
        return learn_earlier(table, kind, row, *newest);
    if (!fresh && supersede(table, kind, row_at(table, kind, *newest), row)) {
        if (since_ns < table->past[*newest].since_ns)
            table->past[*newest].since_ns = since_ns;
        return true;
    }
    if (!fresh) {
        since_ns = continues(table, kind, *newest, since_ns);
        before = *newest + 1;
    }
    *newest = table->count;
    return append(table, kind, row, since_ns, before);
}

/* The largest row, to work on a copy of any. */
union row {
    struct nst_known_netns netns;
    struct nst_process process;
    struct nst_container container;
    struct nst_known_device device;
    struct nst_address address;
};

static bool learn_rows(struct inventory *inv, enum inventory_kind kind, const void *rows,
                       size_t count)
{
    const uint8_t *row = rows;
    union row copy;

    for (size_t i = 0; i < count; i++, row += inventory_row_types[kind].size) {
        memcpy(&copy, row, inventory_row_types[kind].size);
        if (!learn_row(inv, kind, &copy))
            return false;
    }
    return true;
}

bool inventory_learn(struct inventory *inv, const struct nst_tables *t)
{
    if (t->ts_ns > inv->last_ts_ns)
        inv->last_ts_ns = t->ts_ns;
    return names_learn(&inv->names, t) &&
           learn_rows(inv, INVENTORY_NETNS, t->netns, t->netns_count) &&
           learn_rows(inv, INVENTORY_PROCESS, t->processes, t->processes_count) &&
           learn_rows(inv, INVENTORY_CONTAINER, t->containers, t->containers_count) &&
           learn_rows(inv, INVENTORY_DEVICE, t->devices, t->devices_count) &&
           learn_rows(inv, INVENTORY_ADDRESS, t->addresses, t->addresses_count);
}

bool inventory_learn_from(struct inventory *inv, const struct inventory *other)
{
    const struct inventory_table *t = other->tables;
    const struct nst_tables all = {
        .ts_ns = other->last_ts_ns,
        .netns = t[INVENTORY_NETNS].rows,
        .netns_count = t[INVENTORY_NETNS].count,
        .netns_names = other->names.list,
        .netns_names_count = other->names.count,
        .processes = t[INVENTORY_PROCESS].rows,
        .processes_count = t[INVENTORY_PROCESS].count,
        .containers = t[INVENTORY_CONTAINER].rows,
        .containers_count = t[INVENTORY_CONTAINER].count,
        .devices = t[INVENTORY_DEVICE].rows,
        .devices_count = t[INVENTORY_DEVICE].count,
        .addresses = t[INVENTORY_ADDRESS].rows,
        .addresses_count = t[INVENTORY_ADDRESS].count,
    };

    if (other->missed_ns > inv->missed_ns)
        inv->missed_ns = other->missed_ns;
    return inventory_learn(inv, &all);
}

bool inventory_tells(const struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++)
        if (inv->tables[kind].count)
            return true;
    return inv->names.count;
}

void inventory_close(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        for (size_t i = 0; i < inv->tables[kind].count; i++) {
            uint8_t *row = row_at(&inv->tables[kind], (enum inventory_kind)kind, i);
            struct inventory_head head = row_head(row);

            if (head.last_ts_ns != NST_STILL)
                continue;
            head.last_ts_ns =
                head.first_ts_ns > inv->last_ts_ns ? head.first_ts_ns : inv->last_ts_ns;
            put_head(&inv->tables[kind], row, &head);
        }
    }
    names_close(&inv->names, inv->last_ts_ns);
}
