/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/netns_report.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_label.h"
#include "analyze/inventory_life.h"
#include "format/array.h"
#include "format/search.h"

size_t report_host(struct netns_report *r, const uint8_t boot_id[16], const char *hostname)
{
    static const uint8_t unknown[16];
    struct report_host *hosts;
    char *name;

    for (size_t i = 0; i < r->hosts_count; i++)
        if (memcmp(boot_id, unknown, sizeof(unknown)) &&
            !memcmp(boot_id, r->hosts[i].boot_id, sizeof(unknown)))
            return i;
    hosts = reallocarray(r->hosts, r->hosts_count + 1, sizeof(*hosts));
    if (!hosts)
        return SIZE_MAX;
    r->hosts = hosts;
    name = hostname ? strdup(hostname) : NULL;
    if (hostname && !name)
        return SIZE_MAX;
    hosts[r->hosts_count] = (struct report_host){.hostname = name, .first_time_ns = UINT64_MAX};
    memcpy(hosts[r->hosts_count].boot_id, boot_id, sizeof(unknown));
    return r->hosts_count++;
}

void report_host_events(struct netns_report *r, size_t host, uint64_t first_time_ns)
{
    if (first_time_ns < r->hosts[host].first_time_ns)
        r->hosts[host].first_time_ns = first_time_ns;
}

static bool rows_add(struct report_rows *rows, size_t row)
{
    size_t *list = nst_array_room(rows->list, rows->count, &rows->room, sizeof(*list));

    if (!list)
        return false;
    rows->list = list;
    rows->list[rows->count++] = row;
    return true;
}

static struct netns_index_key key_of(unsigned host, const struct nst_netns *netns, uint64_t life_ns)
{
    return (struct netns_index_key){
        .host = host, .inum = netns->inum, .cookie = netns->cookie, .life_ns = life_ns};
}

/* A new one. NULL: no memory. */
static struct report_netns *append(struct netns_report *r, unsigned host,
                                   const struct nst_netns *netns, uint64_t life_ns)
{
    struct report_netns *list = nst_array_room(r->list, r->count, &r->room, sizeof(*list));
    const struct netns_index_key key = key_of(host, netns, life_ns);

    if (!list)
        return NULL;
    r->list = list;
    if (!netns_index_add(&r->index, &key))
        return NULL;
    r->list[r->count] = (struct report_netns){
        .host = host,
        .netns = *netns,
        .life_ns = life_ns,
        .first_ts_ns = UINT64_MAX,
        .owner_uid = NST_NONE,
    };
    return &r->list[r->count++];
}

static uint64_t away(const struct report_netns *n, uint64_t ts_ns)
{
    if (ts_ns < n->first_ts_ns)
        return n->first_ts_ns - ts_ns;
    return ts_ns > n->last_ts_ns ? ts_ns - n->last_ts_ns : 0;
}

static uint64_t life_at(const struct netns_report *r, unsigned host, const struct nst_netns *netns,
                        uint64_t ts_ns)
{
    return inventory_life_key(&r->hosts[host].inventory, netns, ts_ns);
}

/* It lived nearer to that moment. Of two as near it is the one made with that cookie, which comes
 * first; without a cookie the older. */
static bool is_better(const struct report_netns *n, const struct report_netns *than,
                      const struct nst_netns *netns, uint64_t ts_ns)
{
    uint64_t left = away(n, ts_ns), right = away(than, ts_ns);

    return left != right ? left < right : !netns->cookie && n < than;
}

/* Of those that it can be, the one that lived then or nearest to then. */
static struct report_netns *find(struct netns_report *r, unsigned host,
                                 const struct nst_netns *netns, uint64_t life_ns, uint64_t ts_ns)
{
    const struct netns_index_key key = key_of(host, netns, life_ns);
    struct netns_index_of of = netns_index_find(&r->index, &key);
    struct report_netns *found = NULL;
    size_t i;

    while ((i = netns_index_next(&of)) != SIZE_MAX) {
        struct report_netns *n = &r->list[i];

        if (names_same_netns(&n->netns, netns) &&
            (!life_ns || !n->life_ns || life_ns == n->life_ns) &&
            (!found || is_better(n, found, netns, ts_ns)))
            found = n;
    }
    return found;
}

struct report_netns *report_find(struct netns_report *r, unsigned host,
                                 const struct nst_netns *netns, uint64_t ts_ns)
{
    return report_find_life(r, host, netns, life_at(r, host, netns, ts_ns), ts_ns);
}

struct report_netns *report_find_life(struct netns_report *r, unsigned host,
                                      const struct nst_netns *netns, uint64_t life_ns,
                                      uint64_t ts_ns)
{
    struct report_netns *n = find(r, host, netns, life_ns, ts_ns);

    if (!n)
        return append(r, host, netns, life_ns);
    if (!n->netns.cookie)
        n->netns.cookie = netns->cookie;
    return n;
}

static void see(struct report_netns *n, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    if (first_ts_ns < n->first_ts_ns)
        n->first_ts_ns = first_ts_ns;
    if (last_ts_ns > n->last_ts_ns)
        n->last_ts_ns = last_ts_ns;
}

void report_count(struct report_netns *n, uint64_t ts_ns, uint64_t events, uint64_t drops,
                  uint64_t len_bytes)
{
    see(n, ts_ns, ts_ns);
    n->events += events;
    n->drops += drops;
    n->len_bytes += len_bytes;
}

/* Each life of a namespace is one; what changed within a life is not. */
static bool fill_netns(struct netns_report *r, unsigned host)
{
    const struct report_host *h = &r->hosts[host];
    size_t count;
    const struct nst_known_netns *rows = inventory_netns(&h->inventory, &count);

    for (size_t i = 0; i < count; i++) {
        const struct nst_known_netns *row = &rows[i];
        uint64_t life_ns = life_at(r, host, &row->netns, row->first_ts_ns);
        struct report_netns *n = find(r, host, &row->netns, life_ns, row->first_ts_ns);

        if (!n || (!row->netns.cookie && n->netns.cookie && away(n, row->first_ts_ns)))
            n = append(r, host, &row->netns, life_ns);
        if (!n)
            return false;
        if (!n->life_ns)
            n->life_ns = life_ns;
        see(n, row->first_ts_ns, row->last_ts_ns);
        n->is_known = true;
        n->flags = row->flags;
        n->owner_uid = row->owner_uid;
        n->userns_inum = row->userns_inum;
        n->is_lost = row->last_ts_ns < h->inventory.last_ts_ns;
    }
    return true;
}

static bool add_row(struct netns_report *r, unsigned host, int kind, const struct nst_netns *netns,
                    uint64_t first_ts_ns, uint64_t last_ts_ns, size_t row)
{
    struct report_netns *n = report_find(r, host, netns, first_ts_ns);

    if (!n)
        return false;
    if (!n->is_known)
        see(n, first_ts_ns, last_ts_ns);
    return rows_add(kind < 0 ? &n->names : &n->rows[kind], row);
}

static bool fill_names(struct netns_report *r, unsigned host)
{
    const struct names *names = &r->hosts[host].inventory.names;

    for (size_t i = 0; i < names->count; i++)
        if (!add_row(r, host, -1, &names->list[i].netns, names->list[i].first_ts_ns,
                     names->list[i].last_ts_ns, i))
            return false;
    return true;
}

static bool fill_rows(struct netns_report *r, unsigned host, enum inventory_kind kind)
{
    const struct inventory *inv = &r->hosts[host].inventory;

    for (size_t i = 0; i < inv->tables[kind].count; i++) {
        struct inventory_head head = inventory_head(inv, kind, i);

        if (!add_row(r, host, kind, &head.netns, head.first_ts_ns, head.last_ts_ns, i))
            return false;
    }
    return true;
}

static bool fill_host(struct netns_report *r, unsigned host)
{
    if (!inventory_sort(&r->hosts[host].inventory) || !fill_netns(r, host) || !fill_names(r, host))
        return false;
    for (int kind = INVENTORY_PROCESS; kind < INVENTORY_KINDS; kind++)
        if (!fill_rows(r, host, (enum inventory_kind)kind))
            return false;
    return true;
}

bool report_fill(struct netns_report *r)
{
    for (unsigned i = 0; i < r->hosts_count; i++) {
        inventory_close(&r->hosts[i].inventory);
        anchors_settle(&r->hosts[i].anchors);
        if (!fill_host(r, i))
            return false;
    }
    return true;
}

/* By their first events; those without by something that is the same in whatever order files come,
 * if there is. */
static int compare_hosts(const struct netns_report *r, unsigned x, unsigned y)
{
    const struct report_host *a = &r->hosts[x], *b = &r->hosts[y];
    int boots = memcmp(a->boot_id, b->boot_id, sizeof(a->boot_id));

    if (a->first_time_ns != b->first_time_ns)
        return a->first_time_ns < b->first_time_ns ? -1 : 1;
    return boots ? boots : x < y ? -1 : x > y;
}

/* The host's own first, then by age. */
static int compare_netns(const void *x, const void *y, void *report)
{
    const struct report_netns *a = x, *b = y;
    int initial = (b->flags & NST_NETNS_INITIAL) - (a->flags & NST_NETNS_INITIAL);

    if (a->host != b->host)
        return compare_hosts(report, a->host, b->host);
    if (initial)
        return initial;
    if (a->netns.cookie && b->netns.cookie && a->netns.cookie != b->netns.cookie)
        return a->netns.cookie < b->netns.cookie ? -1 : 1;
    if (a->first_ts_ns != b->first_ts_ns)
        return a->first_ts_ns < b->first_ts_ns ? -1 : 1;
    return a->netns.inum < b->netns.inum ? -1 : a->netns.inum > b->netns.inum;
}

/* A number that rows of a kind are listed by: an ifindex, a pid. */
static uint32_t rank(const struct inventory *inv, enum inventory_kind kind, size_t row)
{
    size_t count;

    switch (kind) {
    case INVENTORY_PROCESS:
        return inventory_processes(inv, &count)[row].pid;
    case INVENTORY_DEVICE:
        return inventory_devices(inv, &count)[row].ifindex;
    case INVENTORY_ADDRESS:
        return inventory_addresses(inv, &count)[row].ifindex;
    default:
        return 0;
    }
}

struct rank_context {
    const struct inventory *inventory;
    enum inventory_kind kind;
};

static int compare_rows(const void *x, const void *y, void *context)
{
    const struct rank_context *c = context;
    size_t a = *(const size_t *)x, b = *(const size_t *)y;
    uint32_t left = rank(c->inventory, c->kind, a), right = rank(c->inventory, c->kind, b);

    if (left != right)
        return left < right ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void sort_rows(const struct netns_report *r, struct report_netns *n)
{
    struct rank_context context = {.inventory = &r->hosts[n->host].inventory};

    for (int kind = 0; kind < INVENTORY_KINDS; kind++) {
        context.kind = (enum inventory_kind)kind;
        if (n->rows[kind].count)
            qsort_r(n->rows[kind].list, n->rows[kind].count, sizeof(size_t), compare_rows,
                    &context);
    }
}

void report_sort(struct netns_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        sort_rows(r, &r->list[i]);
    if (r->count)
        qsort_r(r->list, r->count, sizeof(*r->list), compare_netns, r);
    netns_index_clear(&r->index);
}

struct report_rows report_rows_ranked(const struct netns_report *r, const struct report_netns *n,
                                      enum inventory_kind kind, uint32_t number)
{
    const struct inventory *inv = &r->hosts[n->host].inventory;
    const struct report_rows *rows = &n->rows[kind];
    struct search s = search_in(rows->count);
    size_t end;

    while (search_step(&s))
        search_tell(&s, rank(inv, kind, rows->list[s.at]) < number);
    end = s.at;
    while (end < rows->count && rank(inv, kind, rows->list[end]) == number)
        end++;
    return (struct report_rows){.list = rows->count ? rows->list + s.at : NULL,
                                .count = end - s.at};
}

static void free_netns(struct report_netns *n)
{
    for (int kind = 0; kind < INVENTORY_KINDS; kind++)
        free(n->rows[kind].list);
    free(n->names.list);
}

void report_keep(struct netns_report *r,
                 bool (*wanted)(void *context, const struct report_netns *netns), void *context)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (wanted(context, &r->list[i]))
            r->list[kept++] = r->list[i];
        else
            free_netns(&r->list[i]);
    }
    r->count = kept;
}

void report_free(struct netns_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        free_netns(&r->list[i]);
    for (size_t i = 0; i < r->hosts_count; i++) {
        free(r->hosts[i].hostname);
        anchors_free(&r->hosts[i].anchors);
        inventory_free(&r->hosts[i].inventory);
    }
    free(r->list);
    free(r->hosts);
    netns_index_clear(&r->index);
}

struct anchors_span report_span(const struct netns_report *r, const struct report_netns *n,
                                uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    return anchors_span(&r->hosts[n->host].anchors, first_ts_ns, last_ts_ns);
}

uint64_t report_time(const struct netns_report *r, const struct report_netns *n, uint64_t ts_ns)
{
    return anchors_time(&r->hosts[n->host].anchors, ts_ns);
}

const char *report_label(const struct netns_report *r, unsigned host, const struct nst_netns *netns,
                         uint64_t ts_ns)
{
    return inventory_label(&r->hosts[host].inventory, netns, ts_ns);
}
