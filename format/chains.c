/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/chains.h"

#include <errno.h>
#include <stdlib.h>

int nst_chains_init(struct chains *c)
{
    c->list = aligned_alloc(CACHE_LINE, NST_MAX_EVENTS * sizeof(*c->list));
    return nst_hash_init(&c->table) < 0 || !c->list ? -ENOMEM : 0;
}

void nst_chains_free(struct chains *c)
{
    free(c->list);
    nst_hash_free(&c->table);
}

void nst_chains_clear(struct chains *c)
{
    c->count = 0;
    nst_hash_clear(&c->table);
}
