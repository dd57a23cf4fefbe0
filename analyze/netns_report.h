/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `nstrail netns` found out, between the gathering (from files, or from a database) and the
 * ways of saying it: every namespace that was seen, whether by the recorder's inventory, by a
 * name or by an event alone.
 */
#ifndef NST_ANALYZE_NETNS_REPORT_H
#define NST_ANALYZE_NETNS_REPORT_H

#include <stdio.h>

#include "analyze/anchors.h"
#include "analyze/inventory.h"
#include "analyze/netns_index.h"

/* A boot of a host: namespaces are told apart within it. */
struct report_host {
    uint8_t boot_id[16];
    char *hostname;         /* NULL: not known */
    uint64_t first_time_ns; /* since 1970: its first event; UINT64_MAX: none */
    struct inventory inventory;
    struct anchors anchors; /* which date what is in it, and events */
};

/* Rows of an inventory_kind, or names, that are a namespace's: by their index. */
struct report_rows {
    size_t *list;
    size_t count, room;
};

struct report_netns {
    unsigned host;
    struct nst_netns netns;
    uint64_t life_ns;                 /* inventory_life_key() */
    uint64_t first_ts_ns, last_ts_ns; /* CLOCK_MONOTONIC: seen so, by whatever means */
    bool is_known;                    /* the inventory had it; else owner and flags mean nothing */
    bool is_lost;                     /* it was seen no more before the recording ended */
    uint8_t flags;                    /* enum nst_netns_flag; if it is gone, it was seen to die */
    uint32_t owner_uid, userns_inum;
    uint64_t events, drops, len_bytes;
    struct report_rows rows[INVENTORY_KINDS]; /* none of INVENTORY_NETNS */
    struct report_rows names;
};

struct netns_report {
    struct report_host *hosts;
    size_t hosts_count;
    struct report_netns *list;
    size_t count, room;
    struct netns_index index; /* as they are listed, until they are sorted */
    uint64_t base_ns;   /* since 1970: the first event; relative times count from there */
};

/* The host of that boot, made if need be; zeros are a host of its own. The answer is its index,
 * SIZE_MAX: no memory. */
size_t report_host(struct netns_report *r, const uint8_t boot_id[16], const char *hostname);
/* Events of that host, the first of them at that time. */
void report_host_events(struct netns_report *r, size_t host, uint64_t first_time_ns);

/* Makes the namespaces that the hosts' inventories know, which must be complete. False: no memory.
 */
bool report_fill(struct netns_report *r);
/* The namespace of an event at that time, made if need be. NULL: no memory. Valid until the next
 * call. */
struct report_netns *report_find(struct netns_report *r, unsigned host,
                                 const struct nst_netns *netns, uint64_t ts_ns);
/* The same if it is known which life of its inum it was (life_ns, see inventory_life_key()). */
struct report_netns *report_find_life(struct netns_report *r, unsigned host,
                                      const struct nst_netns *netns, uint64_t life_ns,
                                      uint64_t ts_ns);
/* Counts events of a namespace at that time. */
void report_count(struct report_netns *n, uint64_t ts_ns, uint64_t events, uint64_t drops,
                  uint64_t len_bytes);
/* Once all events are counted: sorts the namespaces as they are shown, and keeps those that are
 * wanted. */
void report_sort(struct netns_report *r);
void report_keep(struct netns_report *r,
                 bool (*wanted)(void *context, const struct report_netns *netns), void *context);
void report_free(struct netns_report *r);

/* Of the rows of a kind, once they are sorted, those of that pid or ifindex; they are borrowed. */
struct report_rows report_rows_ranked(const struct netns_report *r, const struct report_netns *n,
                                      enum inventory_kind kind, uint32_t number);

/* Since 1970; of the host of that namespace. */
struct anchors_span report_span(const struct netns_report *r, const struct report_netns *n,
                                uint64_t first_ts_ns, uint64_t last_ts_ns);
uint64_t report_time(const struct netns_report *r, const struct report_netns *n, uint64_t ts_ns);
/* The label of a namespace of that host; NULL: none. */
const char *report_label(const struct netns_report *r, unsigned host, const struct nst_netns *netns,
                         uint64_t ts_ns);

/* False: no memory. */
bool netns_print_table(FILE *out, const struct netns_report *r);
bool netns_print_long(FILE *out, const struct netns_report *r);
bool netns_print_tree(FILE *out, const struct netns_report *r);
bool netns_print_json(FILE *out, const struct netns_report *r);

#endif
