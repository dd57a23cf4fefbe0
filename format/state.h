/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What else an skb says, as numbers: one for each field, in the order of their columns. Nearly all
 * are those of the packet's event before, or of the packet before. Internal.
 */
#ifndef NST_FORMAT_STATE_H
#define NST_FORMAT_STATE_H

#include "format/layout.h"
#include "format/nstrail.h"
#include "format/streams.h"

enum { STATE_FIELDS = COLUMN_STATE_FLAGS - COLUMN_STATE };

struct state {
    uint32_t fields[STATE_FIELDS];
};

/* What a field can be at most. */
extern const uint32_t nst_state_max[STATE_FIELDS];

/* len_bytes: of the skb's event. */
void nst_state_of(struct state *state, const struct nst_skb *skb, uint32_t len_bytes);
/* The way back. No field is beyond its most. */
void nst_state_skb(struct nst_skb *skb, const struct state *state, uint32_t len_bytes);

/* The states of a block that is being written. */
struct states {
    struct state begun;     /* of the last packet, as it was seen first */
    struct state *of_chain; /* the last of each chain that has one; room for one an event */
    uint8_t *has;           /* by chain */
    bool any;               /* an event had one: the column has begun */
};

int nst_states_init(struct states *s);
void nst_states_free(struct states *s);
void nst_states_clear(struct states *s);
/* The state of an event that begins or continues a chain; how many events stand before it. */
void nst_states_put(struct states *s, struct streams *streams, const struct nst_event *ev,
                    uint32_t chain, bool begins, uint32_t before);

#endif
