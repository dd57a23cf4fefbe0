/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/resolve_values.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/escape.h"
#include "analyze/message.h"
#include "analyze/probe_kind.h"
#include "format/distance.h"

/* More choices than a user reads. */
#define CHOICES_MAX 40

enum kind {
    KIND_DEVICE,
    KIND_PROBE,
    KIND_REASON,
    KIND_TRACK,
};

static const struct {
    const char *option;
    const char *noun;
    const char *nouns; /* NULL: too many of them to be listed */
} kinds[] = {
    [KIND_DEVICE] = {"--dev ", "device", "devices"},
    [KIND_PROBE] = {"--probe ", "probe", "probes"},
    [KIND_REASON] = {"--drop=", "drop reason", "drop reasons"},
    [KIND_TRACK] = {"--track ", "journey", NULL},
};

/* What could have been asked for instead. */
struct choices {
    enum kind kind;
    const char *given;
    char *list[CHOICES_MAX];
    size_t count;
    bool more;
    size_t nearest; /* of them, the one that is written almost so */
    unsigned distance;
};

/* How near the given word is to a choice: to all of it (net:netif_rx,
 * openvswitch/OVS_DROP_LAST_ACTION) or to the name alone, whichever is nearer. */
static void compare_given(struct choices *c, const char *text, const char *name)
{
    const char *given = c->given;
    unsigned whole, without;

    if (c->kind == KIND_PROBE)
        probe_kind_of_prefix(c->given, &given);
    whole = nst_distance(given, text);
    without = nst_distance(given, name);
    if (whole >= c->distance && without >= c->distance)
        return;
    c->nearest = c->count;
    c->distance = whole < without ? whole : without;
}

static void add_choice(struct choices *c, const char *subsys, const char *name)
{
    const char *colon = c->kind == KIND_PROBE ? strchr(name, ':') : NULL;
    char text[2 * NST_MAX_NAME + 2];

    snprintf(text, sizeof(text), "%s%s%s", subsys ? subsys : "", subsys ? "/" : "", name);
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->list[i], text))
            return;
    if (c->count == CHOICES_MAX || !(c->list[c->count] = strdup(text))) {
        c->more = true;
        return;
    }
    compare_given(c, text, colon ? colon + 1 : name);
    c->count++;
}

static bool list_block(void *context, const struct nst_block *block)
{
    struct choices *c = context;

    for (uint32_t i = 0; c->kind == KIND_DEVICE && i < block->devices_count; i++)
        add_choice(c, NULL, block->devices[i].name);
    for (uint32_t i = 0; c->kind == KIND_PROBE && i < block->probes_count; i++)
        add_choice(c, NULL, block->probes[i].symbol);
    for (uint32_t i = 0; c->kind == KIND_REASON && i < block->drop_reasons_count; i++)
        if (block->drop_reasons[i].name)
            add_choice(c, block->drop_reasons[i].subsys, block->drop_reasons[i].name);
    return !c->more;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_choices(struct source *s, enum kind kind, const char *given)
{
    struct choices c = {.kind = kind, .given = given, .distance = UINT_MAX};

    /* Of a pipe nothing can be read a second time. */
    if (!kinds[kind].nouns || !s->seekable)
        return;
    source_visit(s, list_block, &c);
    if (nst_is_near(given, c.distance))
        message_warn(s->file.path, "did you mean %s?", c.list[c.nearest]);
    if (c.count)
        message_warn(s->file.path, "the %s in it are", kinds[kind].nouns);
    else
        message_warn(s->file.path, "no %s is in it", kinds[kind].noun);
    qsort(c.list, c.count, sizeof(c.list[0]), compare);
    for (size_t i = 0; i < c.count; i++) {
        fputs("  ", stderr);
        escape_text(stderr, c.list[i]);
        putc('\n', stderr);
        free(c.list[i]);
    }
    if (c.more)
        fputs("  and more: see nstrail info\n", stderr);
}

static bool see_block(void *context, const struct nst_block *block)
{
    struct source *s = context;

    filter_values_see(&s->values, block);
    return !filter_values_all_found(&s->values);
}

static bool is_found(struct source **sources, unsigned count, size_t which)
{
    for (unsigned i = 0; i < count; i++)
        if (sources[i]->values.found[which])
            return true;
    return false;
}

static int say_unknown(struct source **sources, unsigned count, enum kind kind, const char *given)
{
    message_error(count == 1 ? sources[0]->file.path : NULL, "%s%s: no such %s was recorded",
                  kinds[kind].option, given, kinds[kind].noun);
    for (unsigned i = 0; i < count; i++)
        list_choices(sources[i], kind, given);
    return STATUS_FAILED;
}

/* Values of one option are alternatives: nothing can be found only where none of them is there. */
static int resolve_patterns(struct source **sources, unsigned count, enum kind kind,
                            const struct patterns *patterns, size_t first)
{
    const char *file = count == 1 ? sources[0]->file.path : NULL;
    size_t found = 0;

    for (size_t i = 0; i < patterns->count; i++)
        found += is_found(sources, count, first + i);
    if (patterns->count && !found)
        return say_unknown(sources, count, kind, patterns->list[0]);
    for (size_t i = 0; i < patterns->count; i++)
        if (!is_found(sources, count, first + i))
            message_warn(file, "%s%s: no such %s was recorded", kinds[kind].option,
                         patterns->list[i], kinds[kind].noun);
    return STATUS_OK;
}

int resolve_values(struct source **sources, unsigned count, const struct filter *filter)
{
    size_t first = 0;
    int status;

    if (!filter)
        return STATUS_OK;
    for (unsigned i = 0; i < count; i++)
        if (sources[i]->seekable && !filter_values_all_found(&sources[i]->values))
            source_visit(sources[i], see_block, sources[i]);
    status = resolve_patterns(sources, count, KIND_DEVICE, &filter->devices, first);
    first += filter->devices.count;
    if (status == STATUS_OK)
        status = resolve_patterns(sources, count, KIND_PROBE, &filter->probes, first);
    first += filter->probes.count;
    if (status == STATUS_OK)
        status = resolve_patterns(sources, count, KIND_REASON, &filter->drop_reasons, first);
    first += filter->drop_reasons.count;
    for (size_t i = 0; status == STATUS_OK && i < filter->tracks_count; i++)
        if (!is_found(sources, count, first + i))
            status = say_unknown(sources, count, KIND_TRACK, filter->tracks[i].given);
    return status;
}
