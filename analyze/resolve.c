/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/resolve.h"

#include <inttypes.h>
#include <stdio.h>

#include "analyze/escape.h"
#include "analyze/message.h"

/* What of the host a form of WHO asks for. NULL: what every file says. */
static const char *inventory_of(enum who_form form)
{
    switch (form) {
    case WHO_PATH:
        return "bind mounts";
    case WHO_PID:
        return "processes";
    case WHO_CONTAINER:
        return "containers";
    case WHO_POD:
        return "pods";
    default:
        return NULL;
    }
}

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

static void print_netns(const struct source *s, const struct nst_netns *netns)
{
    const char *name = names_find(&s->names, netns, 0);

    fputs("  ", stderr);
    if (netns->cookie)
        fprintf(stderr, "0x%" PRIx64 "/", netns->cookie);
    fprintf(stderr, "%" PRIu32, netns->inum);
    if (name) {
        putc(' ', stderr);
        escape_text(stderr, name);
    }
    putc('\n', stderr);
}

/* The namespaces that a user can choose from. */
static void list_netns(struct source *s)
{
    struct netns_list seen = s->seen;

    for (size_t i = 0; i < s->names.count; i++)
        netns_list_add(&seen, &s->names.list[i].netns);
    if (s->seekable)
        source_visit(s, list_block, &seen);
    message_warn(s->file.path, seen.count ? "the namespaces in it are" : "no namespace is in it");
    for (size_t i = 0; i < seen.count; i++)
        print_netns(s, &seen.list[i]);
    if (seen.more)
        fputs("  and more: see nstrail info\n", stderr);
}

static int say_unknown(struct source **sources, unsigned count, const struct who *who)
{
    const char *inventory = inventory_of(who->form);

    if (inventory)
        message_error(sources[0]->file.path,
                      "--netns %s: no inventory of %s was recorded in this file", who->given,
                      inventory);
    else
        message_error(count == 1 ? sources[0]->file.path : NULL,
                      "--netns %s: no such namespace was recorded", who->given);
    for (unsigned i = 0; i < count; i++)
        list_netns(sources[i]);
    return STATUS_FAILED;
}

int resolve_netns(struct source **sources, unsigned count, const struct filter *filter)
{
    if (!filter)
        return STATUS_OK;
    for (size_t i = 0; i < filter->whos_count; i++) {
        enum who_form form = filter->whos[i].form;

        /* Names stand in the tables, which have all been read. */
        for (unsigned j = 0; j < count && !is_found(sources, count, i); j++)
            if (sources[j]->seekable && (form == WHO_INUM || form == WHO_COOKIE))
                source_visit(sources[j], see_block, sources[j]);
        if (!is_found(sources, count, i))
            return say_unknown(sources, count, &filter->whos[i]);
    }
    return STATUS_OK;
}
