/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/inventory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BEGINS_AS_ROW_HEAD(type)                                                                   \
    _Static_assert(                                                                                \
        offsetof(struct type, netns) == offsetof(struct inventory_head, netns) &&                  \
            offsetof(struct type, first_ts_ns) == offsetof(struct inventory_head, first_ts_ns) &&  \
            offsetof(struct type, last_ts_ns) == offsetof(struct inventory_head, last_ts_ns),      \
        "struct " #type " begins as a row head")
BEGINS_AS_ROW_HEAD(nst_known_netns);
BEGINS_AS_ROW_HEAD(nst_process);
BEGINS_AS_ROW_HEAD(nst_container);
BEGINS_AS_ROW_HEAD(nst_known_device);
BEGINS_AS_ROW_HEAD(nst_address);

/* What a row is about, as bytes. */
#define KEY_MAX 64

struct row_key {
    uint8_t bytes[KEY_MAX];
    size_t length;
};

static void key_add(struct row_key *key, const void *bytes, size_t length)
{
    memcpy(key->bytes + key->length, bytes, length);
    key->length += length;
}

static void key_netns(struct row_key *key, const struct nst_netns *netns)
{
    key_add(key, &netns->cookie, sizeof(netns->cookie));
    key_add(key, &netns->inum, sizeof(netns->inum));
}

static bool same_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* The functions of a kind. Texts of two rows are the same when their addresses are. */
struct row_type {
    size_t size;
    void (*key)(const void *row, struct row_key *key);
    bool (*same)(const void *a, const void *b);
    bool (*own)(struct inventory *inv, void *row); /* its texts become ours */
};

static bool own_text(struct inventory *inv, const char **text)
{
    size_t length;
    int64_t id;

    if (!*text)
        return true;
    length = strlen(*text);
    id = intern_find(&inv->texts, *text, length);
    if (!id) {
        char *copy = strdup(*text);

        if (copy && inv->texts_count == inv->texts_room) {
            size_t room = inv->texts_room ? inv->texts_room * 2 : 64;
            char **list = reallocarray(inv->texts_list, room, sizeof(*list));

            if (list) {
                inv->texts_list = list;
                inv->texts_room = room;
            }
        }
        id = (int64_t)inv->texts_count + 1;
        if (!copy || inv->texts_count == inv->texts_room ||
            !intern_add(&inv->texts, copy, length, id)) {
            free(copy);
            return false;
        }
        inv->texts_list[inv->texts_count++] = copy;
    }
    *text = inv->texts_list[id - 1];
    return true;
}

static void netns_key(const void *row, struct row_key *key)
{
    key_netns(key, &((const struct nst_known_netns *)row)->netns);
}

static bool netns_same(const void *x, const void *y)
{
    const struct nst_known_netns *a = x, *b = y;

    return a->owner_uid == b->owner_uid && a->userns_inum == b->userns_inum &&
           (a->flags | NST_NETNS_GONE) == (b->flags | NST_NETNS_GONE);
}

static bool own_nothing(struct inventory *inv, void *row)
{
    (void)inv;
    (void)row;
    return true;
}

static void process_key(const void *row, struct row_key *key)
{
    const struct nst_process *p = row;

    key_add(key, &p->pid, sizeof(p->pid));
    key_add(key, &p->start_ns, sizeof(p->start_ns));
}

static bool process_same(const void *x, const void *y)
{
    const struct nst_process *a = x, *b = y;

    return a->netns.inum == b->netns.inum && a->netns.cookie == b->netns.cookie &&
           a->uid == b->uid && a->flags == b->flags && a->comm == b->comm && a->exe == b->exe &&
           a->cgroup == b->cgroup && a->cmdline == b->cmdline;
}

static bool process_own(struct inventory *inv, void *row)
{
    struct nst_process *p = row;

    return own_text(inv, &p->comm) && own_text(inv, &p->exe) && own_text(inv, &p->cgroup) &&
           own_text(inv, &p->cmdline);
}

static void container_key(const void *row, struct row_key *key)
{
    const struct nst_container *c = row;

    key_netns(key, &c->netns);
    key_add(key, &c->id, sizeof(c->id)); /* of a text that is ours: the same for the same id */
}

static bool container_same(const void *x, const void *y)
{
    const struct nst_container *a = x, *b = y;

    return a->runtime == b->runtime && a->name == b->name && a->image == b->image &&
           a->pod_name == b->pod_name && a->pod_namespace == b->pod_namespace &&
           a->pod_uid == b->pod_uid && a->pod_container == b->pod_container && a->pid == b->pid;
}

/* "NAMESPACE/POD", what a pod is called. False: it is in none, or too long to be one's name. */
static bool pod_label(const struct nst_container *c, char *to, size_t size)
{
    int length;

    if (!c->pod_name)
        return false;
    length = snprintf(to, size, "%s%s%s", c->pod_namespace ? c->pod_namespace : "",
                      c->pod_namespace ? "/" : "", c->pod_name);
    return length > 0 && (size_t)length < size;
}

static bool container_own(struct inventory *inv, void *row)
{
    struct nst_container *c = row;
    char label[INVENTORY_LABEL_MAX + 1];
    const char *kept = label;

    return own_text(inv, &c->runtime) && own_text(inv, &c->id) && own_text(inv, &c->name) &&
           own_text(inv, &c->image) && own_text(inv, &c->pod_name) &&
           own_text(inv, &c->pod_namespace) && own_text(inv, &c->pod_uid) &&
           own_text(inv, &c->pod_container) &&
           (!pod_label(c, label, sizeof(label)) || own_text(inv, &kept));
}

static void device_key(const void *row, struct row_key *key)
{
    const struct nst_known_device *d = row;

    key_netns(key, &d->netns);
    key_add(key, &d->ifindex, sizeof(d->ifindex));
}

static bool device_same(const void *x, const void *y)
{
    const struct nst_known_device *a = x, *b = y;

    return a->name == b->name && a->kind == b->kind && a->link_ifindex == b->link_ifindex &&
           a->link_netns.inum == b->link_netns.inum &&
           a->link_netns.cookie == b->link_netns.cookie && a->master == b->master &&
           a->mtu == b->mtu && a->flags == b->flags && a->operstate == b->operstate &&
           same_octets(&a->mac, &b->mac);
}

static bool device_own(struct inventory *inv, void *row)
{
    struct nst_known_device *d = row;

    return own_text(inv, &d->name) && own_text(inv, &d->kind);
}

static void address_key(const void *row, struct row_key *key)
{
    const struct nst_address *a = row;

    key_netns(key, &a->netns);
    key_add(key, &a->ifindex, sizeof(a->ifindex));
    key_add(key, a->address.data, a->address.len);
}

static bool address_same(const void *x, const void *y)
{
    return ((const struct nst_address *)x)->prefix == ((const struct nst_address *)y)->prefix;
}

static const struct row_type row_types[INVENTORY_KINDS] = {
    [INVENTORY_NETNS] = {sizeof(struct nst_known_netns), netns_key, netns_same, own_nothing},
    [INVENTORY_PROCESS] = {sizeof(struct nst_process), process_key, process_same, process_own},
    [INVENTORY_CONTAINER] = {sizeof(struct nst_container), container_key, container_same,
                             container_own},
    [INVENTORY_DEVICE] = {sizeof(struct nst_known_device), device_key, device_same, device_own},
    [INVENTORY_ADDRESS] = {sizeof(struct nst_address), address_key, address_same, own_nothing},
};

/* ------------------------------------------------------------------ learning */

static struct inventory_head get_head(const void *row)
{
    struct inventory_head head;

    memcpy(&head, row, sizeof(head));
    return head;
}

static uint8_t *row_at(const struct inventory_table *table, enum inventory_kind kind, size_t i)
{
    return (uint8_t *)table->rows + i * row_types[kind].size;
}

/* Room for one more of count entries, the array having *room. */
static bool make_room(void **list, size_t count, size_t *room, size_t size)
{
    size_t more = *room ? *room * 2 : 64;
    void *larger;

    if (count < *room)
        return true;
    larger = reallocarray(*list, more, size);
    if (!larger)
        return false;
    *list = larger;
    *room = more;
    return true;
}

/* Where the newest row of that key is noted; made if need be. NULL: no memory. */
static size_t *newest_of(struct inventory_table *table, const struct row_key *key, bool *fresh)
{
    int64_t id = intern_find(&table->keys, key->bytes, key->length);

    *fresh = !id;
    if (!id) {
        id = (int64_t)table->keys_count + 1;
        if (!make_room((void **)&table->newest, table->keys_count, &table->keys_room,
                       sizeof(*table->newest)) ||
            !intern_add(&table->keys, key->bytes, key->length, id))
            return NULL;
        table->keys_count++;
    }
    return &table->newest[id - 1];
}

static bool append(struct inventory_table *table, enum inventory_kind kind, const void *row,
                   uint64_t since_ns, size_t before)
{
    size_t size = row_types[kind].size;

    if (!make_room(&table->rows, table->count, &table->room, size) ||
        !make_room((void **)&table->past, table->count, &table->past_room, sizeof(*table->past)))
        return false;
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
    struct inventory_head before = get_head(known), now = get_head(row);

    table->has_changed |= !same_head(&before, &now);
    memcpy(known, row, row_types[kind].size);
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
    return get_head(row).last_ts_ns == first_ts_ns && !has_died(kind, row);
}

/* What was known of the same thing gives way to the row, or goes on with it. False: the row
 * is about a time of its own. */
static bool supersede(struct inventory_table *table, enum inventory_kind kind, uint8_t *known,
                      void *row)
{
    struct inventory_head before = get_head(known), now = get_head(row);

    if (now.first_ts_ns <= before.first_ts_ns) {
        put(table, kind, known, row);
        return true;
    }
    if (row_types[kind].same(known, row) &&
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
    struct inventory_head known = get_head(newest), now = get_head(row);

    if (now.first_ts_ns >= known.first_ts_ns)
        return false;
    return now.last_ts_ns < known.first_ts_ns || !row_types[kind].same(newest, row) ||
           (now.last_ts_ns == known.first_ts_ns && has_died(kind, row));
}

/* What was over is said again, too; or it was said first where the file is damaged. */
static bool learn_earlier(struct inventory_table *table, enum inventory_kind kind, void *row,
                          size_t newer)
{
    struct inventory_head now = get_head(row), next;
    size_t known;

    while ((known = table->past[newer].before) &&
           get_head(row_at(table, kind, known - 1)).first_ts_ns > now.first_ts_ns)
        newer = known - 1;
    next = get_head(row_at(table, kind, newer));
    if (now.last_ts_ns > next.first_ts_ns) {
        now.last_ts_ns = next.first_ts_ns;
        memcpy(row, &now, sizeof(now));
    }
    if (known && get_head(row_at(table, kind, known - 1)).first_ts_ns == now.first_ts_ns) {
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
    struct inventory_head now = get_head(row), before = known ? get_head(known) : now;

    note_missed(inv, &before, &now);
    if (!inv->since_ns || now.first_ts_ns < inv->since_ns)
        inv->since_ns = now.first_ts_ns;
}

static bool learn_row(struct inventory *inv, enum inventory_kind kind, void *row)
{
    struct inventory_table *table = &inv->tables[kind];
    struct row_key key = {.length = 0};
    uint64_t since_ns = get_head(row).first_ts_ns;
    size_t *newest, before = 0;
    bool fresh;

    if (!row_types[kind].own(inv, row))
        return false;
    row_types[kind].key(row, &key);
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

    for (size_t i = 0; i < count; i++, row += row_types[kind].size) {
        memcpy(&copy, row, row_types[kind].size);
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

void inventory_free(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        free(inv->tables[kind].rows);
        free(inv->tables[kind].past);
        free(inv->tables[kind].newest);
        free(inv->tables[kind].by_netns);
        intern_clear(&inv->tables[kind].keys);
    }
    for (size_t i = 0; i < inv->texts_count; i++)
        free(inv->texts_list[i]);
    free(inv->texts_list);
    free(inv->by_address);
    lives_free(&inv->lives);
    intern_clear(&inv->texts);
    names_free(&inv->names);
    *inv = (struct inventory){0};
}

/* ------------------------------------------------------------------- look-ups */

const struct nst_known_netns *inventory_netns(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_NETNS].count;
    return inv->tables[INVENTORY_NETNS].rows;
}

const struct nst_process *inventory_processes(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_PROCESS].count;
    return inv->tables[INVENTORY_PROCESS].rows;
}

const struct nst_container *inventory_containers(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_CONTAINER].count;
    return inv->tables[INVENTORY_CONTAINER].rows;
}

const struct nst_known_device *inventory_devices(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_DEVICE].count;
    return inv->tables[INVENTORY_DEVICE].rows;
}

const struct nst_address *inventory_addresses(const struct inventory *inv, size_t *count)
{
    *count = inv->tables[INVENTORY_ADDRESS].count;
    return inv->tables[INVENTORY_ADDRESS].rows;
}

struct sort_context {
    const struct inventory_table *table;
    enum inventory_kind kind;
};

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct sort_context *c = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    struct inventory_head x = get_head(row_at(c->table, c->kind, left));
    struct inventory_head y = get_head(row_at(c->table, c->kind, right));

    if (x.netns.inum != y.netns.inum)
        return x.netns.inum < y.netns.inum ? -1 : 1;
    if (x.first_ts_ns != y.first_ts_ns)
        return x.first_ts_ns < y.first_ts_ns ? -1 : 1;
    return left < right ? -1 : left > right;
}

static int compare_octets(const struct nst_octets *a, const struct nst_octets *b)
{
    return a->len != b->len ? a->len - b->len : memcmp(a->data, b->data, a->len);
}

static int compare_addresses(const void *a, const void *b, void *context)
{
    const struct nst_address *rows = context;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int order = compare_octets(&rows[left].address, &rows[right].address);

    if (order)
        return order;
    return left < right ? -1 : left > right;
}

static bool sort_addresses(struct inventory *inv)
{
    size_t count;
    const struct nst_address *rows = inventory_addresses(inv, &count);
    size_t *list;

    if (inv->by_address_count == count)
        return true;
    list = reallocarray(inv->by_address, count, sizeof(*list));
    if (!list)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = i;
    qsort_r(list, count, sizeof(*list), compare_addresses, (void *)rows);
    inv->by_address = list;
    inv->by_address_count = count;
    return true;
}

static bool sort_rows(struct inventory_table *table, enum inventory_kind kind)
{
    struct sort_context context = {table, kind};
    size_t *list = reallocarray(table->by_netns, table->count, sizeof(*list));

    if (!list)
        return false;
    for (size_t i = 0; i < table->count; i++)
        list[i] = i;
    qsort_r(list, table->count, sizeof(*list), compare_rows, &context);
    table->by_netns = list;
    table->by_netns_count = table->count;
    return true;
}

/* The recorder looks at everything every two seconds; where more seldom, missed_ns shows it. */
#define TWO_LOOKS_NS 4000000000ULL

/* What tells of them all, but for the order. */
static struct lives_rows rows_of_lives(const struct inventory *inv)
{
    return (struct lives_rows){
        .rows = inv->tables[INVENTORY_NETNS].rows,
        .since_ns = inv->since_ns,
        .until_ns = inv->last_ts_ns,
        .missed_ns = inv->missed_ns > TWO_LOOKS_NS ? inv->missed_ns : TWO_LOOKS_NS,
    };
}

static bool build_lives(struct inventory *inv)
{
    struct lives_rows of = rows_of_lives(inv);

    of.order = inv->tables[INVENTORY_NETNS].by_netns;
    of.count = inv->tables[INVENTORY_NETNS].by_netns_count;
    return lives_build(&inv->lives, &of);
}

bool inventory_sort(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        struct inventory_table *table = &inv->tables[kind];

        if (!table->has_changed)
            continue;
        if (!sort_rows(table, (enum inventory_kind)kind) ||
            (kind == INVENTORY_NETNS && !build_lives(inv)))
            return false;
        table->has_changed = false;
    }
    return sort_addresses(inv) && names_sort(&inv->names);
}

/* Where the rows of that inum begin, or would. */
static size_t find_inum(const struct inventory_table *table, enum inventory_kind kind,
                        uint64_t inum)
{
    size_t low = 0, high = table->by_netns_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (get_head(row_at(table, kind, table->by_netns[middle])).netns.inum < inum)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const size_t *inventory_of_inum(const struct inventory *inv, enum inventory_kind kind,
                                uint32_t inum, size_t *count)
{
    const struct inventory_table *table = &inv->tables[kind];
    size_t at = find_inum(table, kind, inum);

    *count = find_inum(table, kind, (uint64_t)inum + 1) - at;
    return *count ? table->by_netns + at : NULL;
}

struct inventory_head inventory_head(const struct inventory *inv, enum inventory_kind kind,
                                     size_t row)
{
    return get_head(row_at(&inv->tables[kind], kind, row));
}

uint64_t inventory_since(const struct inventory *inv, enum inventory_kind kind, size_t row)
{
    return inv->tables[kind].past[row].since_ns;
}

bool inventory_is_latest(const struct inventory *inv, enum inventory_kind kind, size_t row)
{
    return !inv->tables[kind].past[row].changed;
}

void inventory_close(struct inventory *inv)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        for (size_t i = 0; i < inv->tables[kind].count; i++) {
            uint8_t *row = row_at(&inv->tables[kind], (enum inventory_kind)kind, i);
            struct inventory_head head = get_head(row);

            if (head.last_ts_ns != NST_STILL)
                continue;
            head.last_ts_ns =
                head.first_ts_ns > inv->last_ts_ns ? head.first_ts_ns : inv->last_ts_ns;
            put_head(&inv->tables[kind], row, &head);
        }
    }
    names_close(&inv->names, inv->last_ts_ns);
}

static uint64_t distance(const struct inventory_head *head, uint64_t ts_ns)
{
    if (ts_ns < head->first_ts_ns)
        return head->first_ts_ns - ts_ns;
    return ts_ns > head->last_ts_ns ? ts_ns - head->last_ts_ns : 0;
}

struct life inventory_life(const struct inventory *inv, const struct nst_netns *netns,
                           uint64_t ts_ns)
{
    struct lives_rows of = rows_of_lives(inv);

    if (!netns->cookie)
        return lives_at(&inv->lives, &of, netns->inum, ts_ns);
    of.order = inventory_of_inum(inv, INVENTORY_NETNS, netns->inum, &of.count);
    of.by_cookie = true;
    return lives_among(&of, netns, ts_ns);
}

uint64_t inventory_life_key(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns)
{
    return netns->cookie ? 0 : inventory_life(inv, netns, ts_ns).first_ts_ns;
}

/* It began within that life. */
static bool began_in(const struct life *life, uint64_t first_ts_ns)
{
    return first_ts_ns >= life->begin_ns && first_ts_ns <= life->end_ns;
}

/* What a row says is of a namespace that lived at that time. */
static bool is_of_life(const struct inventory_head *row, const struct nst_netns *netns,
                       const struct life *life)
{
    if (row->netns.cookie && netns->cookie)
        return true;
    return began_in(life, row->first_ts_ns);
}

/* Of the rows of a namespace that are wanted, the nearest to the moment. NULL: none. Not those of
 * another that had its inum. */
static const void *nearest(const struct inventory *inv, enum inventory_kind kind,
                           const struct nst_netns *netns, uint64_t ts_ns,
                           bool (*wanted)(const void *row, uint32_t number), uint32_t number)
{
    struct life life = inventory_life(inv, netns, ts_ns);
    const void *found = NULL;
    uint64_t least = UINT64_MAX;
    size_t count;
    const size_t *list = inventory_of_inum(inv, kind, netns->inum, &count);

    for (size_t i = 0; i < count; i++) {
        const void *row = row_at(&inv->tables[kind], kind, list[i]);
        struct inventory_head head = get_head(row);

        if (!names_same_netns(&head.netns, netns) || !is_of_life(&head, netns, &life) ||
            !wanted(row, number) || distance(&head, ts_ns) >= least)
            continue;
        least = distance(&head, ts_ns);
        found = row;
    }
    return found;
}

static bool any_row(const void *row, uint32_t number)
{
    (void)row;
    (void)number;
    return true;
}

static bool has_ifindex(const void *row, uint32_t ifindex)
{
    return ((const struct nst_known_device *)row)->ifindex == ifindex;
}

const struct nst_container *inventory_container(const struct inventory *inv,
                                                const struct nst_netns *netns, uint64_t ts_ns)
{
    return nearest(inv, INVENTORY_CONTAINER, netns, ts_ns, any_row, 0);
}

const struct nst_known_device *inventory_device(const struct inventory *inv,
                                                const struct nst_netns *netns, uint32_t ifindex,
                                                uint64_t ts_ns)
{
    return nearest(inv, INVENTORY_DEVICE, netns, ts_ns, has_ifindex, ifindex);
}

/* At all times: it lives as long as the host does. */
bool inventory_is_host(const struct inventory *inv, const struct nst_netns *netns)
{
    const struct nst_known_netns *rows = inv->tables[INVENTORY_NETNS].rows;
    size_t count;
    const size_t *list = inventory_of_inum(inv, INVENTORY_NETNS, netns->inum, &count);

    for (size_t i = 0; i < count; i++)
        if (rows[list[i]].flags & NST_NETNS_INITIAL &&
            names_same_netns(&rows[list[i]].netns, netns))
            return true;
    return false;
}

static const char *container_label(const struct inventory *inv, const struct nst_container *c)
{
    char label[INVENTORY_LABEL_MAX + 1];
    const char *name;
    int64_t id;

    if (pod_label(c, label, sizeof(label))) {
        id = intern_find(&inv->texts, label, strlen(label));
        return id ? inv->texts_list[id - 1] : NULL;
    }
    name = c->name ? c->name : c->id;
    /* What is longer was made to be a nuisance. */
    return strlen(name) <= INVENTORY_LABEL_MAX ? name : NULL;
}

void inventory_widen(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                     uint64_t *first_ts_ns, uint64_t *last_ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);

    life_widen(&life, first_ts_ns, last_ts_ns);
}

/* A name that has gone to another namespace is no longer this one's. */
static const char *name_at(const struct inventory *inv, const struct nst_netns *netns,
                           unsigned place, uint64_t ts_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);
    const char *found = NULL;
    uint64_t least = UINT64_MAX;
    struct names_of of = names_of(&inv->names, netns);
    const struct nst_netns_name *entry;

    while ((entry = names_next(&of))) {
        struct inventory_head head = {entry->netns, entry->first_ts_ns, entry->last_ts_ns};
        uint64_t away = distance(&head, ts_ns);

        if (entry->place != place || away >= least || !began_in(&life, head.first_ts_ns))
            continue;
        life_widen(&life, &head.first_ts_ns, &head.last_ts_ns);
        if (distance(&head, ts_ns))
            continue;
        least = away;
        found = entry->name;
    }
    return found;
}

const char *inventory_label(const struct inventory *inv, const struct nst_netns *netns,
                            uint64_t ts_ns)
{
    const char *name = name_at(inv, netns, NST_PLACE_NETNS, ts_ns);
    const struct nst_container *container;

    if (name)
        return name;
    /* A container in it has borrowed it: the host's packets are not that container's. */
    if (inventory_is_host(inv, netns))
        return "host";
    container = inventory_container(inv, netns, ts_ns);
    name = container ? container_label(inv, container) : NULL;
    if (name)
        return name;
    return name_at(inv, netns, NST_PLACE_MOUNT, ts_ns);
}

const char *inventory_latest_label(const struct inventory *inv, const struct nst_netns *netns)
{
    uint64_t ts_ns = 0;
    size_t count;
    const size_t *list = inventory_of_inum(inv, INVENTORY_NETNS, netns->inum, &count);

    for (size_t i = 0; i < count; i++) {
        struct inventory_head head = inventory_head(inv, INVENTORY_NETNS, list[i]);

        if (names_same_netns(&head.netns, netns) && head.last_ts_ns > ts_ns)
            ts_ns = head.last_ts_ns;
    }
    return inventory_label(inv, netns, ts_ns && ts_ns < inv->last_ts_ns ? ts_ns : inv->last_ts_ns);
}

/* From this moment on something may be otherwise than before. */
static void cut(uint64_t at_ns, uint64_t ts_ns, uint64_t *from_ns, uint64_t *until_ns)
{
    if (at_ns > ts_ns)
        *until_ns = at_ns - 1 < *until_ns ? at_ns - 1 : *until_ns;
    else if (at_ns > *from_ns)
        *from_ns = at_ns;
}

static void cut_round(const struct inventory_head *head, uint64_t ts_ns, uint64_t *from_ns,
                      uint64_t *until_ns)
{
    cut(head->first_ts_ns, ts_ns, from_ns, until_ns);
    if (head->last_ts_ns < UINT64_MAX)
        cut(head->last_ts_ns + 1, ts_ns, from_ns, until_ns);
}

/* Of what can be meant at a moment, what ended last before it and what begins first after it. */
struct neighbours {
    uint64_t before_ns, after_ns; /* 0, UINT64_MAX: none */
};

static void see_neighbour(struct neighbours *n, const struct inventory_head *head, uint64_t ts_ns)
{
    if (head->last_ts_ns < ts_ns && head->last_ts_ns > n->before_ns)
        n->before_ns = head->last_ts_ns;
    if (head->first_ts_ns > ts_ns && head->first_ts_ns < n->after_ns)
        n->after_ns = head->first_ts_ns;
}

/* Where the one is no longer nearer than the other. */
static void cut_between(const struct neighbours *n, uint64_t ts_ns, uint64_t *from_ns,
                        uint64_t *until_ns)
{
    uint64_t middle;

    if (!n->before_ns || n->after_ns == UINT64_MAX)
        return;
    middle = n->before_ns + (n->after_ns - n->before_ns) / 2;
    cut(middle, ts_ns, from_ns, until_ns);
    cut(middle + 1, ts_ns, from_ns, until_ns);
}

static void cut_containers(const struct inventory *inv, const struct nst_netns *netns,
                           const struct life *life, uint64_t ts_ns, uint64_t *from_ns,
                           uint64_t *until_ns)
{
    struct neighbours neighbours = {0, UINT64_MAX};
    size_t count;
    const size_t *list = inventory_of_inum(inv, INVENTORY_CONTAINER, netns->inum, &count);

    for (size_t i = 0; i < count; i++) {
        struct inventory_head head = inventory_head(inv, INVENTORY_CONTAINER, list[i]);

        if (!names_same_netns(&head.netns, netns))
            continue;
        cut_round(&head, ts_ns, from_ns, until_ns);
        if (is_of_life(&head, netns, life))
            see_neighbour(&neighbours, &head, ts_ns);
    }
    cut_between(&neighbours, ts_ns, from_ns, until_ns);
}

/* Those of other lives are not meant at any moment of this one. */
static void cut_names(const struct inventory *inv, const struct nst_netns *netns,
                      const struct life *life, uint64_t ts_ns, uint64_t *from_ns,
                      uint64_t *until_ns)
{
    /* By enum nst_place; what is only open is not a name. */
    struct neighbours places[] = {{0, UINT64_MAX}, {0, UINT64_MAX}};
    struct names_of of = names_of(&inv->names, netns);
    const struct nst_netns_name *name;

    while ((name = names_next(&of))) {
        struct inventory_head head = {name->netns, name->first_ts_ns, name->last_ts_ns};
        struct inventory_head wide = head;

        if ((name->place != NST_PLACE_NETNS && name->place != NST_PLACE_MOUNT) ||
            !began_in(life, head.first_ts_ns))
            continue;
        life_widen(life, &wide.first_ts_ns, &wide.last_ts_ns);
        cut_round(&head, ts_ns, from_ns, until_ns);
        cut_round(&wide, ts_ns, from_ns, until_ns);
        if (!distance(&wide, ts_ns))
            see_neighbour(&places[name->place], &head, ts_ns);
    }
    cut_between(&places[NST_PLACE_NETNS], ts_ns, from_ns, until_ns);
    cut_between(&places[NST_PLACE_MOUNT], ts_ns, from_ns, until_ns);
}

void inventory_steady(const struct inventory *inv, const struct nst_netns *netns, uint64_t ts_ns,
                      uint64_t *from_ns, uint64_t *until_ns)
{
    const struct life life = inventory_life(inv, netns, ts_ns);

    cut(life.begin_ns, ts_ns, from_ns, until_ns);
    if (life.end_ns < UINT64_MAX)
        cut(life.end_ns + 1, ts_ns, from_ns, until_ns);
    cut_names(inv, netns, &life, ts_ns, from_ns, until_ns);
    /* The host is not called by its containers, of which there may be hundreds. */
    if (!inventory_is_host(inv, netns))
        cut_containers(inv, netns, &life, ts_ns, from_ns, until_ns);
}

/* Where the rows of that address begin, or would. */
static size_t find_address(const struct inventory *inv, const struct nst_octets *address)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    size_t low = 0, high = inv->by_address_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_octets(&rows[inv->by_address[middle]].address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* When an address was its namespace's. */
struct address_span {
    uint64_t first_ts_ns, last_ts_ns;  /* seen so, or its namespace, with which it went */
    uint64_t before_ns, after_ns;      /* perhaps so: it may have been there longer than seen */
    uint64_t own_from_ns, own_till_ns; /* so, if the namespace is known to be there */
};

static struct address_span address_span(const struct inventory *inv, const struct nst_address *a)
{
    const struct life life = inventory_life(inv, &a->netns, a->first_ts_ns);
    struct address_span span = {.first_ts_ns = a->first_ts_ns, .last_ts_ns = a->last_ts_ns};
    uint64_t slack = life.is_gone ? 0 : SETTING_UP_NS;

    span.own_from_ns = a->first_ts_ns;
    span.own_till_ns = a->last_ts_ns;
    life_widen(&life, &span.own_from_ns, &span.own_till_ns);
    span.before_ns = span.own_from_ns;
    span.after_ns = span.own_till_ns;
    if (life.is_known && life.first_ts_ns > SETTING_UP_NS &&
        span.before_ns < life.first_ts_ns - SETTING_UP_NS)
        span.before_ns = life.first_ts_ns - SETTING_UP_NS;
    if (life.is_over && span.after_ns > life.last_ts_ns + slack)
        span.after_ns = life.last_ts_ns + slack;
    if (span.own_till_ns > a->last_ts_ns)
        span.last_ts_ns = life.is_over ? life.last_ts_ns : span.after_ns;
    return span;
}

/* Then it was the other's: where one had an address shortly before the next, it is the next one's
 * from when it was seen there. */
static bool is_between(const struct address_span *span, const struct address_span *other,
                       uint64_t ts_ns)
{
    if (ts_ns < span->first_ts_ns)
        return other->first_ts_ns < span->first_ts_ns && other->last_ts_ns >= span->before_ns;
    return ts_ns > span->last_ts_ns && other->first_ts_ns > span->last_ts_ns &&
           other->first_ts_ns <= ts_ns;
}

/* The row of the address, at that place among them, is its namespace's then. */
static bool has_address(const struct inventory *inv, size_t place, uint64_t ts_ns)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    const struct nst_address *a = &rows[inv->by_address[place]];
    const struct address_span span = address_span(inv, a);

    if (ts_ns < span.before_ns || ts_ns > span.after_ns)
        return false;
    if (ts_ns >= span.first_ts_ns && ts_ns <= span.last_ts_ns)
        return true;
    for (size_t i = find_address(inv, &a->address); i < inv->by_address_count; i++) {
        const struct nst_address *b = &rows[inv->by_address[i]];
        struct address_span other;

        if (compare_octets(&b->address, &a->address))
            break;
        if (names_same_netns(&b->netns, &a->netns))
            continue;
        other = address_span(inv, b);
        if (is_between(&span, &other, ts_ns))
            return false;
    }
    return true;
}

/* Its packets show that it is still there, or already. */
static bool has_own_address(const struct inventory *inv, const struct nst_address *a,
                            uint64_t ts_ns)
{
    const struct address_span span = address_span(inv, a);

    return ts_ns >= span.own_from_ns && ts_ns <= span.own_till_ns;
}

const char *inventory_owner(const struct inventory *inv, const struct nst_octets *address,
                            const struct nst_netns *netns, uint64_t ts_ns)
{
    const struct nst_address *rows = inv->tables[INVENTORY_ADDRESS].rows;
    const struct nst_netns *owner = NULL;
    bool several = false;

    for (size_t i = find_address(inv, address); i < inv->by_address_count; i++) {
        const struct nst_address *a = &rows[inv->by_address[i]];

        if (compare_octets(&a->address, address))
            break;
        if (netns && names_same_netns(&a->netns, netns) && has_own_address(inv, a, ts_ns))
            return inventory_label(inv, netns, ts_ns);
        /* Those of which nobody can tell need not be looked at. */
        if (several || !has_address(inv, i, ts_ns))
            continue;
        several = owner && !names_same_netns(&a->netns, owner);
        owner = &a->netns;
    }
    return owner && !several ? inventory_label(inv, owner, ts_ns) : NULL;
}
