/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/probe_select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/distance.h"
#include "format/error.h"

/* As many suggestions. */
#define NEAREST 3

/* What tracking knows of tracepoints: see enum ev_place. */
static const struct {
    const char *name;
    uint64_t place;
} places[] = {
    {"napi_gro_receive_entry", EV_PLACE_RECEIVE}, {"netif_receive_skb_entry", EV_PLACE_RECEIVE},
    {"netif_rx", EV_PLACE_RECEIVE},               {"netif_rx_entry", EV_PLACE_RECEIVE},
    {"netif_rx_ni_entry", EV_PLACE_RECEIVE},      {"net_dev_queue", EV_PLACE_XMIT},
    {"skb_copy_datagram_iovec", EV_PLACE_DELIVERED},
};

bool probe_select_has_packet(const struct target *target)
{
    /* The driver has had it by then, and may have freed it. */
    return !target->tracepoint || strcmp(target->name, "net_dev_xmit");
}

static bool sees_parameter(uint32_t kind, uint8_t number)
{
    return (kind != NST_PROBE_KPROBE && kind != NST_PROBE_KRETPROBE) ||
           number < EV_REGISTER_PARAMETERS;
}

bool probe_select_sees_packet(uint32_t kind, const struct target *target)
{
    return sees_parameter(kind, target->skb);
}

static uint64_t place_of(const struct probe_spec *spec, const struct target *target)
{
    uint64_t place = (uint64_t)target->skb << EV_PLACE_SKB_SHIFT;

    if (target->netns && sees_parameter(spec->kind, target->netns - 1)) {
        place |= (uint64_t)target->netns << EV_PLACE_NETNS_SHIFT;
        if (target->netns_is_device)
            place |= EV_PLACE_DEVICE;
    }
    if (target->sock && sees_parameter(spec->kind, target->sock - 1))
        place |= (uint64_t)target->sock << EV_PLACE_SOCK_SHIFT;
    if (spec->stack)
        place |= EV_PLACE_STACK;
    for (size_t i = 0; target->tracepoint && i < sizeof(places) / sizeof(places[0]); i++)
        if (!strcmp(target->name, places[i].name))
            place |= places[i].place;
    return place;
}

static bool matches(const struct probe_spec *spec, const struct target *target)
{
    bool tracepoint = spec->kind == NST_PROBE_RAW_TRACEPOINT;

    if (tracepoint != target->tracepoint || fnmatch(spec->name, target->name, 0))
        return false;
    return !tracepoint || !fnmatch(spec->group, target->group ? target->group : "", 0);
}

/* "group:name", or the function's name. The caller frees it. */
static char *symbol_of(const struct target *target)
{
    char *symbol;

    if (!target->group)
        return strdup(target->name);
    return asprintf(&symbol, "%s:%s", target->group, target->name) < 0 ? NULL : symbol;
}

static int choose_target(struct probes *probes, const struct probe_spec *spec,
                         const struct target *target)
{
    struct probe probe = {.kind = spec->kind,
                          .symbol = symbol_of(target),
                          .recorded = true,
                          .stack = spec->stack,
                          .place = place_of(spec, target),
                          .btf_id = target->btf_id};

    return probe.symbol ? probes_add(probes, &probe) : -ENOMEM;
}

/* ": did you mean a, b?", or nothing. */
static void suggest(const struct probe_spec *spec, const struct targets *targets, char *text,
                    size_t room)
{
    size_t count, used = 0, given = 0;
    const struct target *list = targets_list(targets, &count);

    *text = '\0';
    for (unsigned far = 0; far <= NST_DISTANCE_MAX; far++)
        for (size_t i = 0; i < count && given < NEAREST && used < room; i++) {
            bool tracepoint = spec->kind == NST_PROBE_RAW_TRACEPOINT;

            if (list[i].tracepoint != tracepoint ||
                !probe_select_sees_packet(spec->kind, &list[i]) ||
                nst_distance(spec->name, list[i].name) != far)
                continue;
            used += snprintf(text + used, room - used, "%s%s%s%s",
                             given++ ? ", " : "; did you mean ",
                             tracepoint && list[i].group ? list[i].group : "",
                             tracepoint && list[i].group ? ":" : "", list[i].name);
        }
}

static bool is_group(const struct probe_spec *spec, const struct targets *targets)
{
    size_t count;
    const struct target *list = targets_list(targets, &count);

    for (size_t i = 0; i < count; i++)
        if (list[i].tracepoint && list[i].group && !fnmatch(spec->group, list[i].group, 0))
            return true;
    return false;
}

/* The groups there are, with blanks between. */
static void list_groups(const struct targets *targets, char *text, size_t room)
{
    size_t count, used = 0;
    const struct target *list = targets_list(targets, &count);
    const char *last = "";

    *text = '\0';
    for (size_t i = 0; i < count && used < room; i++) {
        if (!list[i].tracepoint || !list[i].group || !strcmp(list[i].group, last))
            continue;
        last = list[i].group;
        used += snprintf(text + used, room - used, " %s", last);
    }
}

/* The one that is meant, but by a kind of probe that cannot see its packet; NULL: none. */
static const struct target *find_unseen(const struct probe_spec *spec,
                                        const struct targets *targets)
{
    size_t count;
    const struct target *list = targets_list(targets, &count);

    for (size_t i = 0; i < count; i++)
        if (matches(spec, &list[i]) && !probe_select_sees_packet(spec->kind, &list[i]))
            return &list[i];
    return NULL;
}

static int no_such(const struct probe_spec *spec, const struct targets *targets,
                   struct nst_error *err)
{
    const struct target *unseen = find_unseen(spec, targets);
    char text[160];

    if (unseen)
        return nst_fail(err, -ENOENT,
                        "%s%s: the packet is parameter %u of %s, and a kprobe sees the first %d; "
                        "fentry sees more",
                        probe_kind_prefix(spec->kind), spec->name, unseen->skb + 1, unseen->name,
                        EV_REGISTER_PARAMETERS);
    if (spec->kind == NST_PROBE_RAW_TRACEPOINT && !is_group(spec, targets)) {
        list_groups(targets, text, sizeof(text));
        return nst_fail(err, -ENOENT,
                        "%s:%s: no tracepoints with packets are known in such a group%s; there are "
                        "those of%s",
                        spec->group, spec->name,
                        targets_have_tracefs(targets) ? "" : ", for tracefs is not mounted", text);
    }
    if (spec->kind != NST_PROBE_RAW_TRACEPOINT && targets_have_function(targets, spec->name))
        return nst_fail(err, -ENOENT,
                        "%s%s: this function has no packet (struct sk_buff) among its first "
                        "parameters",
                        probe_kind_prefix(spec->kind), spec->name);
    suggest(spec, targets, text, sizeof(text));
    return nst_fail(err, -ENOENT, "%s%s%s%s: this kernel has no such %s with packets%s",
                    probe_kind_prefix(spec->kind), spec->group, *spec->group ? ":" : "",
                    spec->name, *spec->group ? "tracepoint" : "function", text);
}

int probe_select(struct probes *probes, const struct probe_spec *spec,
                 const struct targets *targets, struct nst_error *err)
{
    size_t count, chosen = 0, gone = 0;
    const struct target *list = targets_list(targets, &count);

    for (size_t i = 0; i < count; i++) {
        int error;

        if (!matches(spec, &list[i]) || !probe_select_sees_packet(spec->kind, &list[i]))
            continue;
        if (!probe_select_has_packet(&list[i])) {
            gone++;
            continue;
        }
        error = choose_target(probes, spec, &list[i]);
        if (error == -E2BIG)
            return nst_fail(err, error, "more than %d probes", EV_PROBES_MAX);
        if (error)
            return nst_fail(err, error, "no memory for the probes");
        chosen++;
    }
    if (gone && !chosen)
        return nst_fail(err, -ENOENT,
                        "%s:%s: the packet may be gone when this tracepoint tells of it; "
                        "net:net_dev_start_xmit is before",
                        spec->group, spec->name);
    return chosen ? 0 : no_such(spec, targets, err);
}
