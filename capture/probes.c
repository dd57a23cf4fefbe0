/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/probes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/error.h"

const struct fixed_probe fixed_probes[EV_PROBE_OTHER] = {
    [EV_PROBE_RECEIVE] = {"net:netif_receive_skb", "netif_receive_skb", "receive", true},
    [EV_PROBE_XMIT] = {"net:net_dev_start_xmit", "net_dev_start_xmit", "xmit", true},
    [EV_PROBE_KFREE] = {"skb:kfree_skb", "kfree_skb", "kfree", true},
    [EV_PROBE_CONSUME] = {"skb:consume_skb", "consume_skb", "consume", true},
    /* Not in a kernel without TCP. */
    [EV_PROBE_TCP_PROBE] = {"tcp:tcp_probe", "tcp_probe", "tcp_probe", false},
};

int probes_init(struct probes *probes, struct nst_error *err)
{
    *probes = (struct probes){.list = calloc(EV_PROBE_OTHER, sizeof(*probes->list))};
    if (!probes->list)
        return nst_fail(err, -ENOMEM, "no memory for the probes");
    for (; probes->count < EV_PROBE_OTHER; probes->count++) {
        struct probe *probe = &probes->list[probes->count];

        probe->kind = NST_PROBE_RAW_TRACEPOINT;
        probe->symbol = strdup(fixed_probes[probes->count].symbol);
        if (!probe->symbol) {
            probes_free(probes);
            return nst_fail(err, -ENOMEM, "no memory for the probes");
        }
    }
    return 0;
}

void probes_free(struct probes *probes)
{
    for (uint32_t i = 0; i < probes->count; i++)
        free(probes->list[i].symbol);
    free(probes->list);
    *probes = (struct probes){0};
}

static struct probe *find(const struct probes *probes, const struct probe *wanted)
{
    for (uint32_t i = 0; i < probes->count; i++)
        if (probes->list[i].kind == wanted->kind &&
            !strcmp(probes->list[i].symbol, wanted->symbol))
            return &probes->list[i];
    return NULL;
}

static int append(struct probes *probes, const struct probe *probe)
{
    struct probe *list;

    if (probes->count == EV_PROBES_MAX)
        return -E2BIG;
    list = reallocarray(probes->list, probes->count + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    probes->list = list;
    list[probes->count] = *probe;
    list[probes->count].place |= probes->count;
    probes->count++;
    return 0;
}

int probes_add(struct probes *probes, const struct probe *probe)
{
    struct probe *known = find(probes, probe);
    int error = 0;

    if (!known) {
        error = append(probes, probe);
        if (error)
            free(probe->symbol);
        return error;
    }
    free(probe->symbol);
    known->recorded = true;
    known->stack |= probe->stack;
    known->place |= probe->place & EV_PLACE_STACK;
    return 0;
}

void probes_add_stacks(struct probes *probes)
{
    for (uint32_t i = 0; i < probes->count; i++) {
        if (!probes->list[i].recorded)
            continue;
        probes->list[i].stack = true;
        probes->list[i].place |= EV_PLACE_STACK;
    }
}

bool probes_have_stacks(const struct probes *probes)
{
    for (uint32_t i = 0; i < probes->count; i++)
        if (probes->list[i].stack)
            return true;
    return false;
}

bool probes_have_kprobes(const struct probes *probes)
{
    for (uint32_t i = EV_PROBE_OTHER; i < probes->count; i++)
        if (probes->list[i].kind == NST_PROBE_KPROBE || probes->list[i].kind == NST_PROBE_KRETPROBE)
            return true;
    return false;
}

const char *probe_name(const struct probe *probe)
{
    const char *colon = strchr(probe->symbol, ':');

    return colon ? colon + 1 : probe->symbol;
}

void probes_choose_default(struct probes *probes)
{
    probes->list[EV_PROBE_RECEIVE].recorded = true;
    probes->list[EV_PROBE_XMIT].recorded = true;
    probes->list[EV_PROBE_KFREE].recorded = true;
}
