/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/who_spans.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/inventory_life.h"
#include "analyze/pid_spans.h"
#include "format/array.h"
#include "format/container_fit.h"

/* Draws the span out by one of the same namespace that it meets, or that follows it without a gap.
 * False: it is another. */
static bool draw_out(struct who_span *span, const struct who_span *by)
{
    if (span->netns.inum != by->netns.inum || span->netns.cookie != by->netns.cookie ||
        (by->first_ts_ns > span->last_ts_ns && by->first_ts_ns - span->last_ts_ns > 1) ||
        by->last_ts_ns < span->first_ts_ns)
        return false;
    if (by->first_ts_ns < span->first_ts_ns)
        span->first_ts_ns = by->first_ts_ns;
    if (by->last_ts_ns > span->last_ts_ns)
        span->last_ts_ns = by->last_ts_ns;
    return true;
}

/* What goes on is one span, so that there are few to look through. */
static bool add(struct who_spans *spans, const struct who_span *span)
{
    struct who_span *list;

    if (spans->count && draw_out(&spans->list[spans->count - 1], span))
        return true;
    list = nst_array_room(spans->list, spans->count, &spans->room, sizeof(*list));
    if (!list)
        return false;
    spans->list = list;
    spans->list[spans->count++] = *span;
    return true;
}

bool who_spans_add(struct who_spans *spans, const struct nst_netns *netns)
{
    for (size_t i = 0; i < spans->count; i++)
        if (names_same_netns(&spans->list[i].netns, netns))
            return true;
    return add(spans, &(struct who_span){.netns = *netns, .last_ts_ns = UINT64_MAX});
}

void who_spans_free(struct who_spans *spans)
{
    free(spans->list);
    *spans = (struct who_spans){0};
}

/* Adds a span in which the namespace, as it was at ts_ns, was seen to be meant; it was meant for a
 * while before and after, too. */
static bool add_since(struct who_spans *spans, const struct inventory *inv,
                      const struct nst_netns *netns, uint64_t ts_ns, uint64_t first_ts_ns,
                      uint64_t last_ts_ns)
{
    struct who_span span = {*netns, first_ts_ns, last_ts_ns};

    inventory_widen(inv, netns, ts_ns, &span.first_ts_ns, &span.last_ts_ns);
    return add(spans, &span);
}

static bool add_seen(struct who_spans *spans, const struct inventory *inv,
                     const struct nst_netns *netns, uint64_t first_ts_ns, uint64_t last_ts_ns)
{
    return add_since(spans, inv, netns, first_ts_ns, first_ts_ns, last_ts_ns);
}

/* What it is called in /run/netns: the recorder's, or that of another mount namespace, of which
 * there is the path. NULL: nothing. */
static const char *name_in_folder(const struct nst_netns_name *name)
{
    static const char folder[] = "/run/netns/";
    const char *file = name->name + sizeof(folder) - 1;

    if (name->place == NST_PLACE_NETNS)
        return name->name;
    return name->place == NST_PLACE_MOUNT && !strncmp(name->name, folder, sizeof(folder) - 1) &&
                   !strchr(file, '/')
               ? file
               : NULL;
}

/* A pattern stands for any number of names, but not of paths, as with the recorder. */
static bool fits_name(const struct nst_who *who, const struct nst_netns_name *name)
{
    const char *called = name_in_folder(name);

    if (who->form == NST_WHO_NAME)
        return called && nst_who_fits_name(who, called);
    return name->place != NST_PLACE_NETNS && !strcmp(who->text, name->name);
}

static bool fill_names(struct who_spans *spans, const struct nst_who *who,
                       const struct inventory *inv)
{
    const struct names *names = &inv->names;

    for (size_t i = 0; i < names->count; i++) {
        const struct nst_netns_name *name = &names->list[i];

        if (fits_name(who, name) &&
            !add_seen(spans, inv, &name->netns, name->first_ts_ns, name->last_ts_ns))
            return false;
    }
    return true;
}

static bool fill_pid(struct who_spans *spans, const struct nst_who *who,
                     const struct inventory *inv)
{
    size_t count;
    struct pid_span *rows = pid_spans(inv, who->number, &count);
    bool ok = rows;

    for (size_t i = 0; i < count && ok; i++)
        ok = add_since(spans, inv, &rows[i].process->netns, rows[i].process->first_ts_ns,
                       rows[i].since_ns, rows[i].until_ns);
    free(rows);
    return ok;
}

static bool fill_host(struct who_spans *spans, const struct inventory *inv)
{
    size_t count;
    const struct nst_known_netns *list = inventory_netns(inv, &count);

    for (size_t i = 0; i < count; i++)
        if (list[i].flags & NST_NETNS_INITIAL && !who_spans_add(spans, &list[i].netns))
            return false;
    return true;
}

/* As docker has it: what is a whole id or a name is not taken for the beginning of another id. */
static bool fill_container(struct who_spans *spans, const struct nst_who *who,
                           const struct inventory *inv)
{
    enum nst_fit best = NST_FITS_PREFIX;
    const char *id = NULL;
    size_t count;
    const struct nst_container *list = inventory_containers(inv, &count);

    for (size_t i = 0; i < count; i++)
        if (nst_container_fits(who->text, &list[i]) == NST_FITS_EXACTLY)
            best = NST_FITS_EXACTLY;
    for (size_t i = 0; i < count; i++) {
        if (nst_container_fits(who->text, &list[i]) != best)
            continue;
        spans->ambiguous |= best == NST_FITS_PREFIX && id && strcmp(id, list[i].id) != 0;
        id = list[i].id;
        if (!add_seen(spans, inv, &list[i].netns, list[i].first_ts_ns, list[i].last_ts_ns))
            return false;
    }
    return true;
}

static bool fill_pod(struct who_spans *spans, const struct nst_who *who,
                     const struct inventory *inv)
{
    size_t count;
    const struct nst_container *list = inventory_containers(inv, &count);

    for (size_t i = 0; i < count; i++)
        if (nst_pod_fits(who->text, &list[i]) &&
            !add_seen(spans, inv, &list[i].netns, list[i].first_ts_ns, list[i].last_ts_ns))
            return false;
    return true;
}

bool who_spans_fill(struct who_spans *spans, const struct nst_who *who, const struct inventory *inv)
{
    spans->count = 0;
    spans->ambiguous = false;
    switch (who->form) {
    case NST_WHO_NAME:
    case NST_WHO_PATH:
        return fill_names(spans, who, inv);
    case NST_WHO_PID:
        return fill_pid(spans, who, inv);
    case NST_WHO_CONTAINER:
        return fill_container(spans, who, inv);
    case NST_WHO_POD:
        return fill_pod(spans, who, inv);
    case NST_WHO_HOST:
        return fill_host(spans, inv);
    default:
        return true;
    }
}

enum who_when who_spans_when(const struct who_spans *spans, const struct nst_netns *netns,
                             uint64_t from_ns, uint64_t to_ns)
{
    enum who_when when = WHO_NEVER;

    for (size_t i = 0; i < spans->count; i++) {
        const struct who_span *span = &spans->list[i];

        if (!names_same_netns(&span->netns, netns) || span->first_ts_ns > to_ns ||
            span->last_ts_ns < from_ns)
            continue;
        if (span->first_ts_ns <= from_ns && span->last_ts_ns >= to_ns)
            return WHO_ALWAYS;
        when = WHO_SOMETIMES;
    }
    return when;
}
