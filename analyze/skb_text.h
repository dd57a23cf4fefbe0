/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An skb in words, as Retis prints one. */
#ifndef NST_ANALYZE_SKB_TEXT_H
#define NST_ANALYZE_SKB_TEXT_H

#include <stdio.h>

#include "format/nstrail.h"

/* "skb [...] gso [...]", and behind that what Retis does not have. */
void skb_text(FILE *out, const struct nst_skb *skb);

#endif
