/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What matching by namespaces and matching by all else share. Internal. */
#ifndef NST_ANALYZE_MATCH_INTERNAL_H
#define NST_ANALYZE_MATCH_INTERNAL_H

#include "analyze/match.h"

/* Makes room for count entries, and for that of NST_NONE behind them. False: no memory. */
bool match_table_reset(struct match_table *table, uint32_t count);
/* Whether an entry matches; NST_NONE, and any index beyond the entries, stands for the last. */
static inline bool match_table_holds(const struct match_table *table, uint32_t index)
{
    return !table->matches || table->matches[index < table->count ? index : table->count];
}

/* Whether the hints in a block's header, of which inums are in it, leave room for a namespace that
 * --netns names. */
bool match_netns_bits(const struct matcher *m, const uint64_t bits[2]);
/* Fills the table of the block's namespaces. False: no memory. */
bool match_prepare_netns(struct matcher *m, const struct nst_block *block);
/* Whether an event's namespace matches, by that table. */
bool match_netns_holds(const struct matcher *m, const struct nst_block *block,
                       const struct nst_event *event);

#endif
