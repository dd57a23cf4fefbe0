/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) (COLUMN_STATE_##name - COLUMN_STATE_LEN)

const uint32_t nst_state_max[STATE_FIELDS] = {
    [FIELD(LEN)] = UINT32_MAX,         [FIELD(DATA_LEN)] = UINT32_MAX,
    [FIELD(MARK)] = UINT32_MAX,        [FIELD(HASH)] = UINT32_MAX,
    [FIELD(PRIORITY)] = UINT32_MAX,    [FIELD(CSUM)] = UINT32_MAX,
    [FIELD(USERS)] = UINT32_MAX,       [FIELD(DATAREF)] = UINT32_MAX,
    [FIELD(GSO_TYPE)] = UINT32_MAX,    [FIELD(GSO_SIZE)] = UINT16_MAX,
    [FIELD(GSO_SEGS)] = UINT16_MAX,    [FIELD(PROTOCOL)] = UINT16_MAX,
    [FIELD(IP_SUMMED)] = UINT8_MAX,    [FIELD(CSUM_LEVEL)] = UINT8_MAX,
    [FIELD(SHARED_FLAGS)] = UINT8_MAX, [FIELD(FRAGS)] = UINT8_MAX,
    [FIELD(FCLONE)] = UINT8_MAX,       [FIELD(FLAGS)] = UINT8_MAX,
};

void nst_state_of(struct state *state, const struct nst_skb *skb, uint32_t len_bytes)
{
    uint32_t *f = state->fields;

    f[FIELD(LEN)] = len_bytes - skb->len;
    f[FIELD(DATA_LEN)] = skb->data_len;
    f[FIELD(MARK)] = skb->mark;
    f[FIELD(HASH)] = skb->hash;
    f[FIELD(PRIORITY)] = skb->priority;
    f[FIELD(CSUM)] = skb->csum;
    f[FIELD(USERS)] = skb->users;
    f[FIELD(DATAREF)] = skb->dataref;
    f[FIELD(GSO_TYPE)] = skb->gso_type;
    f[FIELD(GSO_SIZE)] = skb->gso_size;
    f[FIELD(GSO_SEGS)] = skb->gso_segs;
    f[FIELD(PROTOCOL)] = skb->protocol;
    f[FIELD(IP_SUMMED)] = skb->ip_summed;
    f[FIELD(CSUM_LEVEL)] = skb->csum_level;
    f[FIELD(SHARED_FLAGS)] = skb->shared_flags;
    f[FIELD(FRAGS)] = skb->frags;
    f[FIELD(FCLONE)] = skb->fclone;
    f[FIELD(FLAGS)] = skb->flags;
}

void nst_state_skb(struct nst_skb *skb, const struct state *state, uint32_t len_bytes)
{
    const uint32_t *f = state->fields;

    *skb = (struct nst_skb){
        .len = len_bytes - f[FIELD(LEN)],
        .data_len = f[FIELD(DATA_LEN)],
        .mark = f[FIELD(MARK)],
        .hash = f[FIELD(HASH)],
        .priority = f[FIELD(PRIORITY)],
        .csum = f[FIELD(CSUM)],
        .users = f[FIELD(USERS)],
        .dataref = f[FIELD(DATAREF)],
        .gso_type = f[FIELD(GSO_TYPE)],
        .gso_size = (uint16_t)f[FIELD(GSO_SIZE)],
        .gso_segs = (uint16_t)f[FIELD(GSO_SEGS)],
        .protocol = (uint16_t)f[FIELD(PROTOCOL)],
        .ip_summed = (uint8_t)f[FIELD(IP_SUMMED)],
        .csum_level = (uint8_t)f[FIELD(CSUM_LEVEL)],
        .shared_flags = (uint8_t)f[FIELD(SHARED_FLAGS)],
        .frags = (uint8_t)f[FIELD(FRAGS)],
        .fclone = (uint8_t)f[FIELD(FCLONE)],
        .flags = (uint8_t)f[FIELD(FLAGS)],
    };
}

int nst_states_init(struct states *s)
{
    s->of_chain = malloc(NST_MAX_EVENTS * sizeof(*s->of_chain));
    s->has = malloc(NST_MAX_EVENTS);
    if (!s->of_chain || !s->has)
        return -ENOMEM;
    nst_states_clear(s);
    return 0;
}

void nst_states_free(struct states *s)
{
    free(s->of_chain);
    free(s->has);
}

void nst_states_clear(struct states *s)
{
    s->begun = (struct state){{0}};
    s->any = false;
}

/* Until an event has a state, none costs anything. */
static void begin_column(struct states *s, struct streams *streams, uint32_t before)
{
    memset(streams->pos[STREAM_STATE], 0, before);
    streams->pos[STREAM_STATE] += before;
    memset(s->has, 0, before); /* no more chains than events */
    s->any = true;
}

void nst_states_put(struct states *s, struct streams *streams, const struct nst_event *ev,
                    uint32_t chain, bool begins, uint32_t before)
{
    struct state state;
    const struct state *foretold;
    uint64_t bits = 1;
    int i;

    if (!ev->state && !s->any)
        return;
    if (!s->any)
        begin_column(s, streams, before);
    if (!begins)
        begins = !s->has[chain];
    s->has[chain] = ev->state != NULL;
    if (!ev->state) {
        stream_put(streams, STREAM_STATE, 0);
        return;
    }
    nst_state_of(&state, ev->state, ev->len_bytes);
    foretold = begins ? &s->begun : &s->of_chain[chain];
    for (i = 0; i < STATE_FIELDS; i++) {
        if (state.fields[i] == foretold->fields[i])
            continue;
        bits |= 2ull << i;
        stream_put(streams, STREAM_STATE_FIELDS + i, state.fields[i]);
    }
    stream_put(streams, STREAM_STATE, bits);
    s->of_chain[chain] = state;
    if (begins)
        s->begun = state;
}
