/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/skb_rows.h"

#include "analyze/skb.h"

int skb_rows_open(struct batch **rows, const struct db *db)
{
    return batch_open(rows, db, "skb",
                      "event_id, len_bytes, data_len_bytes, mark, hash, priority, protocol,"
                      " ip_summed, csum_level, csum, csum_start, csum_offset, gso_type,"
                      " gso_size_bytes, gso_segs, shared_flags, frags, cloned, nohdr, fclone,"
                      " users, dataref, payload_dataref");
}

static void put_csum(struct batch *b, const struct nst_skb *skb)
{
    bool partial = skb->ip_summed == NST_CSUM_PARTIAL;

    batch_put(b, skb->ip_summed);
    batch_put_unless(b, skb->ip_summed != NST_CSUM_UNNECESSARY, skb->csum_level);
    batch_put_unless(b, skb->ip_summed != NST_CSUM_COMPLETE, skb->csum);
    batch_put_unless(b, !partial, skb_csum_start(skb));
    batch_put_unless(b, !partial, skb_csum_offset(skb));
}

static void put_gso(struct batch *b, const struct nst_skb *skb)
{
    batch_put_unless(b, !skb->gso_size, skb->gso_type);
    batch_put_unless(b, !skb->gso_size, skb->gso_size);
    batch_put_unless(b, !skb->gso_size || !skb->gso_segs, skb->gso_segs);
}

int skb_rows_add(struct batch *b, int64_t event_id, const struct nst_skb *skb)
{
    batch_put(b, event_id);
    batch_put(b, skb->len);
    batch_put(b, skb->data_len);
    batch_put(b, skb->mark);
    batch_put_unless(b, !skb->hash, skb->hash);
    batch_put(b, skb->priority);
    batch_put_unless(b, !skb->protocol, skb->protocol);
    put_csum(b, skb);
    put_gso(b, skb);
    batch_put(b, skb->shared_flags);
    batch_put(b, skb->frags);
    batch_put(b, (skb->flags & NST_SKB_CLONED) != 0);
    batch_put(b, (skb->flags & NST_SKB_NOHDR) != 0);
    batch_put(b, skb->fclone);
    batch_put(b, skb->users);
    batch_put(b, skb_dataref(skb));
    batch_put(b, skb->dataref >> 16);
    return batch_end_row(b);
}
