/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/skb_text.h"

#include "analyze/digits.h"
#include "analyze/skb.h"

static void word_decimal(FILE *out, const char *word, uint32_t number)
{
    fputs(word, out);
    digits_decimal(out, number);
}

static void word_hex(FILE *out, const char *word, uint32_t number)
{
    fputs(word, out);
    digits_hex(out, number, 1);
}

static void print_csum(FILE *out, const struct nst_skb *skb)
{
    switch (skb->ip_summed) {
    case NST_CSUM_NONE:
        fputs("csum none", out);
        return;
    case NST_CSUM_UNNECESSARY:
        word_decimal(out, "csum unnecessary (level ", skb->csum_level);
        break;
    case NST_CSUM_COMPLETE:
        word_hex(out, "csum complete (0x", skb->csum);
        break;
    case NST_CSUM_PARTIAL:
        word_decimal(out, "csum partial (start ", skb_csum_start(skb));
        word_decimal(out, " off ", skb_csum_offset(skb));
        break;
    default:
        word_decimal(out, "csum unknown (", skb->ip_summed);
    }
    putc(')', out);
}

static void print_dataref(FILE *out, const struct nst_skb *skb)
{
    if (skb->flags & NST_SKB_NOHDR)
        fputs(" nohdr", out);
    if (skb->flags & NST_SKB_CLONED)
        fputs(" cloned", out);
    if (skb->fclone)
        word_decimal(out, " fclone ", skb->fclone);
    word_decimal(out, " users ", skb->users);
    word_decimal(out, " dataref ", skb_dataref(skb));
}

static void print_gso(FILE *out, const struct nst_skb *skb)
{
    word_hex(out, " gso [type 0x", skb->gso_type);
    if (skb->shared_flags)
        word_hex(out, " flags 0x", skb->shared_flags);
    if (skb->frags)
        word_decimal(out, " frags ", skb->frags);
    if (skb->gso_segs)
        word_decimal(out, " segs ", skb->gso_segs);
    word_decimal(out, " size ", skb->gso_size);
    putc(']', out);
}

void skb_text(FILE *out, const struct nst_skb *skb)
{
    fputs("skb [", out);
    print_csum(out, skb);
    if (skb->hash)
        word_hex(out, " hash 0x", skb->hash);
    word_decimal(out, " len ", skb->len);
    if (skb->data_len)
        word_decimal(out, " data_len ", skb->data_len);
    word_decimal(out, " priority ", skb->priority);
    if (skb->dataref)
        print_dataref(out, skb);
    putc(']', out);
    if (skb->gso_size)
        print_gso(out, skb);
    if (skb->mark)
        word_hex(out, " mark 0x", skb->mark);
    if (skb->protocol) {
        fputs(" protocol 0x", out);
        digits_hex(out, skb->protocol, 4);
    }
}
