/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --netns: which namespaces it lets through, and when. */
#include "config.h"

#include "analyze/match_internal.h"

bool match_see_netns(struct matcher *m, const struct nst_netns *netns)
{
    for (size_t i = 0; m->filter && i < m->filter->whos_count; i++) {
        struct match_who *w = &m->whos[i];

        if (w->who->form == NST_WHO_INUM && w->who->number == netns->inum)
            w->found = true;
        if (w->who->form != NST_WHO_COOKIE || w->who->number != netns->cookie || !netns->cookie)
            continue;
        w->found = true;
        if (!who_spans_add(&w->spans, netns))
            return false;
    }
    return true;
}

/* Namespaces that have a name or were looked at, perhaps without an event. */
static bool see_all_netns(struct matcher *m, const struct inventory *inv)
{
    size_t count;
    const struct nst_known_netns *list = inventory_netns(inv, &count);

    for (size_t i = 0; i < count; i++)
        if (!match_see_netns(m, &list[i].netns))
            return false;
    for (size_t i = 0; i < inv->names.count; i++)
        if (!match_see_netns(m, &inv->names.list[i].netns))
            return false;
    return true;
}

bool match_learn(struct matcher *m, const struct inventory *inv)
{
    if (!m->filter || !m->filter->whos_count)
        return true;
    for (size_t i = 0; i < m->filter->whos_count; i++) {
        struct match_who *w = &m->whos[i];

        if (w->who->form == NST_WHO_INUM || w->who->form == NST_WHO_COOKIE)
            continue;
        if (!who_spans_fill(&w->spans, w->who, inv))
            return false;
        w->found |= w->spans.count != 0;
    }
    return see_all_netns(m, inv);
}

static enum who_when who_matches(const struct match_who *w, const struct nst_netns *netns,
                                 uint64_t from_ns, uint64_t to_ns)
{
    switch (w->who->form) {
    case NST_WHO_INUM:
        return netns->inum == w->who->number ? WHO_ALWAYS : WHO_NEVER;
    case NST_WHO_COOKIE:
        return netns->cookie && netns->cookie == w->who->number ? WHO_ALWAYS : WHO_NEVER;
    default:
        return who_spans_when(&w->spans, netns, from_ns, to_ns);
    }
}

/* Whether --netns lets the namespace through. netns NULL: of an event without one, which is in none
 * that --netns can name. */
static enum who_when netns_matches(const struct matcher *m, const struct nst_netns *netns,
                                   uint64_t from_ns, uint64_t to_ns)
{
    enum who_when included = WHO_NEVER, excluded = WHO_NEVER;
    bool asked = false;

    for (size_t i = 0; i < m->filter->whos_count; i++) {
        const struct match_who *w = &m->whos[i];
        enum who_when is_it = netns ? who_matches(w, netns, from_ns, to_ns) : WHO_NEVER;
        enum who_when *sum = w->who->exclude ? &excluded : &included;

        asked |= !w->who->exclude;
        if (*sum != WHO_ALWAYS && is_it != WHO_NEVER)
            *sum = is_it;
    }
    if (!asked)
        included = WHO_ALWAYS;
    if (excluded == WHO_ALWAYS || included == WHO_NEVER)
        return WHO_NEVER;
    return excluded == WHO_SOMETIMES ? WHO_SOMETIMES : included;
}

bool match_netns(const struct matcher *m, const struct nst_netns *netns, uint64_t from_ns,
                 uint64_t to_ns)
{
    return !m->filter || netns_matches(m, netns, from_ns, to_ns) != WHO_NEVER;
}

bool match_netns_bits(const struct matcher *m, const uint64_t bits[2])
{
    bool asked = false;

    for (size_t i = 0; i < m->filter->whos_count; i++) {
        const struct match_who *w = &m->whos[i];
        unsigned bit;

        if (w->who->exclude)
            continue;
        asked = true;
        if (w->who->form == NST_WHO_INUM) {
            bit = nst_netns_bit((uint32_t)w->who->number);
            if (bits[bit / 64] >> bit % 64 & 1)
                return true;
        } else if (w->who->form == NST_WHO_COOKIE && !w->found) {
            return true; /* hints are made of inums, and its inum is not known yet */
        }
        for (size_t j = 0; j < w->spans.count; j++) {
            bit = nst_netns_bit(w->spans.list[j].netns.inum);
            if (bits[bit / 64] >> bit % 64 & 1)
                return true;
        }
    }
    return !asked;
}

/* Where the namespace matches for a part of the block's time, it depends on when the event was. */
bool match_netns_holds(const struct matcher *m, const struct nst_block *block,
                       const struct nst_event *event)
{
    const struct match_table *table = &m->netns;
    uint32_t index = event->netns;

    if (!table->matches || index >= table->count || table->matches[index] != WHO_SOMETIMES)
        return match_table_holds(table, index);
    return netns_matches(m, &block->netns[index], event->ts_ns, event->ts_ns) == WHO_ALWAYS;
}

bool match_prepare_netns(struct matcher *m, const struct nst_block *block)
{
    if (!match_table_reset(&m->netns, block->netns_count))
        return false;
    for (uint32_t i = 0; i < block->netns_count; i++) {
        if (!match_see_netns(m, &block->netns[i]))
            return false;
        m->netns.matches[i] = (uint8_t)netns_matches(m, &block->netns[i], block->info.first_ts_ns,
                                                     block->info.last_ts_ns);
    }
    m->netns.matches[block->netns_count] = (uint8_t)netns_matches(m, NULL, 0, 0);
    return true;
}
