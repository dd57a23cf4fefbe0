/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/message.h"

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

/* An entry of a list: what it is, and its namespace. */
static void print_netns(const struct source *s, const char *what, const struct nst_netns *netns)
{
    fputs("  ", stderr);
    if (what) {
        escape_text(stderr, what);
        putc(' ', stderr);
    }
    if (netns->cookie)
        fprintf(stderr, "0x%" PRIx64 "/", netns->cookie);
    fprintf(stderr, "%" PRIu32, netns->inum);
    if (!what) {
        const char *label = inventory_label(&s->inventory, netns, s->inventory.last_ts_ns);

        if (label)
            putc(' ', stderr);
        escape_text(stderr, label ? label : "");
    }
    putc('\n', stderr);
}

/* The namespaces that a user can choose from. */
static void list_netns(struct source *s)
{
    struct netns_list seen = s->seen;
    const struct names *names = &s->inventory.names;
    size_t count;
    const struct nst_known_netns *known = inventory_netns(&s->inventory, &count);

    for (size_t i = 0; i < names->count; i++)
        netns_list_add(&seen, &names->list[i].netns);
    for (size_t i = 0; i < count; i++)
        netns_list_add(&seen, &known[i].netns);
    if (s->seekable)
        source_visit(s, list_block, &seen);
    message_warn(s->file.path, seen.count ? "the namespaces in it are" : "no namespace is in it");
    for (size_t i = 0; i < seen.count; i++)
        print_netns(s, NULL, &seen.list[i]);
    if (seen.more)
        fputs("  and more: see nstrail netns\n", stderr);
}

/* What a container or pod is asked for by; "" where it has none. */
static void container_who(const struct nst_container *c, enum who_form form, char *to, size_t size)
{
    *to = '\0';
    if (form == WHO_CONTAINER)
        snprintf(to, size, "container:%s",
                 c->name            ? c->name
                 : c->pod_container ? c->pod_container
                                    : c->id);
    else if (c->pod_name && c->pod_namespace)
        snprintf(to, size, "pod:%s/%s", c->pod_namespace, c->pod_name);
}

static bool said_before(const struct nst_container *list, size_t i, enum who_form form,
                        const char *text)
{
    char other[2 * NST_MAX_NAME];

    while (i--) {
        container_who(&list[i], form, other, sizeof(other));
        if (!strcmp(text, other))
            return true;
    }
    return false;
}

/* The containers or pods of a file; of those only the ones whose id begins so, if that is not
 * NULL: then with their ids. */
static void list_containers(const struct source *s, enum who_form form, const char *prefix)
{
    size_t count, said = 0;
    const struct nst_container *list = inventory_containers(&s->inventory, &count);
    const char *what = form == WHO_POD ? "pods" : "containers";
    char text[2 * NST_MAX_NAME];

    for (size_t i = 0; i < count && said < NETNS_LIST_MAX; i++) {
        if (prefix) {
            if (who_container_fits(prefix, &list[i]) == WHO_CONTAINER_NOT)
                continue;
            snprintf(text, sizeof(text), "container:%s", list[i].id);
        } else {
            container_who(&list[i], form, text, sizeof(text));
        }
        if (!*text || (!prefix && said_before(list, i, form, text)))
            continue;
        if (!said++)
            message_warn(s->file.path, "the %s %s are", what, prefix ? "that begin so" : "in it");
        print_netns(s, text, &list[i].netns);
    }
    if (!said)
        message_warn(s->file.path, "no %s in it are known", what);
    else if (said == NETNS_LIST_MAX)
        fputs("  and perhaps more: see nstrail netns\n", stderr);
}

static void list_processes(const struct source *s)
{
    size_t count;
    const struct nst_process *list = inventory_processes(&s->inventory, &count);
    char text[NST_MAX_NAME + 32];

    message_warn(s->file.path, count ? "the processes in it are" : "no processes in it are known");
    for (size_t i = 0; i < count && i < NETNS_LIST_MAX; i++) {
        snprintf(text, sizeof(text), "pid:%" PRIu32 " %.*s", list[i].pid, (int)NST_MAX_NAME,
                 list[i].comm ? list[i].comm : "");
        print_netns(s, text, &list[i].netns);
    }
    if (count > NETNS_LIST_MAX)
        fputs("  and more: see nstrail netns --json\n", stderr);
}

/* What could have been asked for instead. */
static void list_choice(struct source *s, enum who_form form)
{
    if (form == WHO_CONTAINER || form == WHO_POD)
        list_containers(s, form, NULL);
    else if (form == WHO_PID)
        list_processes(s);
    else
        list_netns(s);
}

static int say_unknown(struct source **sources, unsigned count, const struct who *who)
{
    message_error(count == 1 ? sources[0]->file.path : NULL,
                  "--netns %s: no such namespace was recorded", who->given);
    for (unsigned i = 0; i < count; i++)
        list_choice(sources[i], who->form);
    return STATUS_FAILED;
}

static int say_ambiguous(const struct source *s, const struct who *who)
{
    message_error(s->file.path, "--netns %s: several containers begin so", who->given);
    list_containers(s, WHO_CONTAINER, who->text);
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
        for (unsigned j = 0; j < count; j++)
            if (sources[j]->matcher.whos[i].spans.ambiguous)
                return say_ambiguous(sources[j], &filter->whos[i]);
    }
    return STATUS_OK;
}
