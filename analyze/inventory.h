/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who the namespaces of one file were, and when: the rows of its tables put together, each once
 * for every span of time in which it was true. Times are CLOCK_MONOTONIC's.
 */
#ifndef NST_ANALYZE_INVENTORY_H
#define NST_ANALYZE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/by_netns.h"
#include "analyze/intern.h"
#include "analyze/lives.h"
#include "analyze/names.h"
#include "format/nstrail.h"

struct owners;

enum inventory_kind {
    INVENTORY_NETNS,
    INVENTORY_PROCESS,
    INVENTORY_CONTAINER,
    INVENTORY_DEVICE,
    INVENTORY_ADDRESS,
    INVENTORY_KINDS,
};

/* What rows of all kinds begin with. */
struct inventory_head {
    struct nst_netns netns;
    uint64_t first_ts_ns, last_ts_ns;
};

/* How a row is connected with others about the same thing. */
struct row_past {
    uint64_t since_ns; /* first_ts_ns, or that of the first row that this one continues */
    size_t before;     /* the row of the time before this one, plus one; 0: none */
    bool changed;      /* a later row continues this one, in which something has changed */
};

/* Rows of one kind, as they were learnt. */
struct inventory_table {
    void *rows;
    struct row_past *past; /* of each row */
    size_t count, room, past_room;
    struct intern keys; /* by what a row is about: its place in newest, plus one */
    size_t *newest;     /* the newest row about each thing */
    size_t keys_count, keys_room;
    struct by_netns by_netns; /* of the kinds that are looked up by their namespace */
    bool has_changed;         /* since they were sorted */
};

struct inventory {
    struct names names;
    struct inventory_table tables[INVENTORY_KINDS];
    struct lives lives;
    struct by_netns hosts; /* those rows of namespaces that are the host's own */
    struct intern texts;   /* of rows, each once: its place in texts_list, plus one */
    char **texts_list;
    size_t texts_count, texts_room;
    struct owners *owners; /* of addresses; NULL: there are none */
    uint64_t since_ns;     /* when any namespace was seen first; 0: none was */
    uint64_t last_ts_ns;   /* of the latest tables: what still was, was so until then at least */
    uint64_t missed_ns;    /* the longest that the recorder took to see that a namespace was gone */
    uint64_t asleep_ns;    /* CLOCK_BOOTTIME, of processes' starts, minus the clock of the rows */
};

/* False: no memory, some of it is missing. */
bool inventory_learn(struct inventory *inv, const struct nst_tables *tables);
/* All that another has learnt. */
bool inventory_learn_from(struct inventory *inv, const struct inventory *other);
/* Any tables said something of namespaces. */
bool inventory_tells(const struct inventory *inv);
/* After the last tables of a file, if those of another file follow: whatever was still so then is
 * only known to have been so until then. */
void inventory_close(struct inventory *inv);
/* Call it after learning, before anything is looked up. False: no memory. */
bool inventory_sort(struct inventory *inv);
void inventory_free(struct inventory *inv);

const struct nst_known_netns *inventory_netns(const struct inventory *inv, size_t *count);
const struct nst_process *inventory_processes(const struct inventory *inv, size_t *count);
const struct nst_container *inventory_containers(const struct inventory *inv, size_t *count);
const struct nst_known_device *inventory_devices(const struct inventory *inv, size_t *count);
const struct nst_address *inventory_addresses(const struct inventory *inv, size_t *count);

struct inventory_head inventory_head(const struct inventory *inv, enum inventory_kind kind,
                                     size_t row);
/* Since when the thing was there, even if it was not as this row says. */
uint64_t inventory_since(const struct inventory *inv, enum inventory_kind kind, size_t row);
/* No later row continues this one. */
bool inventory_is_latest(const struct inventory *inv, enum inventory_kind kind, size_t row);
/* Whether the namespace is the host's own, which it is at all times. */
bool inventory_is_host(const struct inventory *inv, const struct nst_netns *netns);

#endif
