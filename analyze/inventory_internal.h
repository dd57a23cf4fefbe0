/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the inventory share: rows of whatever kind, and when they hold. */
#ifndef NST_ANALYZE_INVENTORY_INTERNAL_H
#define NST_ANALYZE_INVENTORY_INTERNAL_H

#include <string.h>

#include "analyze/inventory.h"

/* What a row is about, as bytes. */
#define INVENTORY_KEY_MAX 64

struct row_key {
    uint8_t bytes[INVENTORY_KEY_MAX];
    size_t length;
};

/* The functions of a kind. Texts of two rows are the same when their addresses are. */
struct row_type {
    size_t size;
    void (*key)(const void *row, struct row_key *key);
    bool (*same)(const void *a, const void *b);
    bool (*own)(struct inventory *inv, void *row); /* its texts become ours. False: no memory */
    uint32_t (*number)(const void *row);           /* that it is found by, too; NULL: it has none */
};

extern const struct row_type inventory_row_types[INVENTORY_KINDS];

static inline struct inventory_head row_head(const void *row)
{
    struct inventory_head head;

    memcpy(&head, row, sizeof(head));
    return head;
}

static inline uint8_t *row_at(const struct inventory_table *table, enum inventory_kind kind,
                              size_t i)
{
    return (uint8_t *)table->rows + i * inventory_row_types[kind].size;
}

/* "NAMESPACE/POD", what a pod is called. False: it is in none, or too long to be one's name. */
bool inventory_pod_label(const struct nst_container *c, char *to, size_t size);

/* Parts of inventory_sort(). False: no memory. */
bool inventory_build_lives(struct inventory *inv);
bool inventory_sort_owners(struct inventory *inv);
void inventory_free_owners(struct inventory *inv);

/* How far the moment is from the time of a row; 0: within it. */
uint64_t inventory_distance_ns(const struct inventory_head *row, uint64_t ts_ns);
/* Whether what was first seen then belongs to that life. */
bool inventory_began_in(const struct life *life, uint64_t first_ts_ns);
/* The rows of a kind that are about that namespace, as it was in that life, and have that number.
 */
struct by_netns_of inventory_find(const struct inventory *inv, enum inventory_kind kind,
                                  const struct nst_netns *netns, uint32_t number,
                                  const struct life *life);

#endif
