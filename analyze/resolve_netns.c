/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/resolve_netns.h"

#include "analyze/message.h"
#include "analyze/who_choices.h"

static bool is_found(struct source **sources, unsigned count, size_t who)
{
    for (unsigned i = 0; i < count; i++)
        if (sources[i]->matcher.whos[who].found)
            return true;
    return false;
}

static bool all_found(const struct source *s)
{
    for (size_t i = 0; i < s->matcher.filter->whos_count; i++)
        if (!s->matcher.whos[i].found)
            return false;
    return true;
}

static bool see_block(void *context, const struct nst_block *block)
{
    struct source *s = context;

    for (uint32_t i = 0; i < block->netns_count; i++)
        if (!match_see_netns(&s->matcher, &block->netns[i]))
            return false;
    return !all_found(s);
}

static bool list_block(void *context, const struct nst_block *block)
{
    struct netns_list *seen = context;

    for (uint32_t i = 0; i < block->netns_count; i++)
        netns_list_add(seen, &block->netns[i]);
    return !seen->more;
}

/* What could have been asked for instead. */
static void list_choice(struct source *s, const struct nst_who *who)
{
    struct netns_list seen = s->seen;

    who_choices_known(&s->inventory, &seen);
    if (s->seekable && who_choices_are_netns(who->form))
        source_visit(s, list_block, &seen);
    who_choices_list(s->file.path, &s->inventory, &seen, who);
}

static int say_unknown(struct source **sources, unsigned count, const struct nst_who *who)
{
    message_error(count == 1 ? sources[0]->file.path : NULL,
                  "--netns %s: no such namespace was recorded", who->given);
    for (unsigned i = 0; i < count; i++)
        list_choice(sources[i], who);
    return STATUS_FAILED;
}

static int say_ambiguous(const struct source *s, const struct nst_who *who)
{
    message_error(s->file.path, "--netns %s: several containers begin so", who->given);
    who_choices_ambiguous(s->file.path, &s->inventory, who->text);
    return STATUS_FAILED;
}

int resolve_netns(struct source **sources, unsigned count, const struct filter *filter)
{
    if (!filter)
        return STATUS_OK;
    for (size_t i = 0; i < filter->whos_count; i++) {
        enum nst_who_form form = filter->whos[i].form;

        /* Names stand in the tables, which have all been read. */
        for (unsigned j = 0; j < count && !is_found(sources, count, i); j++)
            if (sources[j]->seekable && (form == NST_WHO_INUM || form == NST_WHO_COOKIE))
                source_visit(sources[j], see_block, sources[j]);
        if (!is_found(sources, count, i))
            return say_unknown(sources, count, &filter->whos[i]);
        for (unsigned j = 0; j < count; j++)
            if (sources[j]->matcher.whos[i].spans.ambiguous)
                return say_ambiguous(sources[j], &filter->whos[i]);
    }
    return STATUS_OK;
}
