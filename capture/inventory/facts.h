/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was found, from when to when it was true, and what of that is news. A scan says all that
 * it sees; what it saw before in other words, or does not see any more, is over.
 */
#ifndef NST_CAPTURE_INVENTORY_FACTS_H
#define NST_CAPTURE_INVENTORY_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/inventory/row.h"

/* More are not remembered: a host must not be able to have its recorder grow for ever. */
#define FACTS_MAX 262144

struct fact {
    uint64_t first_ts_ns;
    uint64_t last_ts_ns; /* seen last; of what is over and tells of its end, when that was */
    uint64_t netns;      /* facts_netns() of the namespace that it is about */
    uint32_t scan;       /* that saw it last */
    uint32_t hash;
    uint16_t key_len, len;
    uint8_t kind; /* enum row_kind */
    bool over;
    bool died;      /* of a namespace that is over: nobody has it any more */
    uint8_t *bytes; /* row_encode() */
};

struct facts;

/* News: a fact that has begun, or is over. */
typedef void facts_tell(void *context, const struct fact *fact);

/* NULL: no memory. */
struct facts *facts_new(facts_tell *tell, void *context);
void facts_free(struct facts *facts);

/* One number for a namespace: its cookie, or its inum where it has none. */
uint64_t facts_netns(const struct nst_netns *netns);

/* A new scan begins. */
void facts_begin(struct facts *facts, uint64_t now_ns);

/* It is true as of the scan; known to be since first_ts_ns if it is new (0: since the scan). */
void facts_see(struct facts *facts, const struct row *row, uint64_t first_ts_ns);

/* What the scan should have seen and has not is over: of these kinds (bits 1 << ROW_...), and of
 * all namespaces, or of these alone, which it puts in order. */
void facts_end(struct facts *facts, unsigned kinds);
void facts_end_in(struct facts *facts, unsigned kinds, uint64_t *netns, size_t count);
/* A namespace has died, about then but not before it was seen last: what was known of it is over.
 * Answers when another can have its inum: after all of that. */
uint64_t facts_died(struct facts *facts, uint64_t netns, uint64_t ts_ns);
/* What the scan could not see in whole goes on: of these kinds, and of one namespace. */
void facts_keep(struct facts *facts, unsigned kinds, uint64_t netns);
/* So does what the row says, if it was so. */
void facts_keep_row(struct facts *facts, const struct row *row);

/* Of one kind, those that are not over and that the scan has not seen yet. */
void facts_unseen(struct facts *facts, enum row_kind kind,
                  void (*take)(void *context, const struct row *row), void *context);

/* What is over is remembered for a while, for a new file, and then forgotten. */
void facts_forget(struct facts *facts, uint64_t before_ts_ns);

/* Tells everything that is remembered once more. */
void facts_tell_all(struct facts *facts);

/* How many facts found no room. */
uint64_t facts_left_out(const struct facts *facts);

#endif
