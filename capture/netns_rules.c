/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/netns_rules.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "format/array.h"
#include "format/error.h"

void netns_rules_free(struct netns_rules *r)
{
    free(r->list);
}

static uint64_t key_of(const struct nst_netns *netns)
{
    return netns->cookie ? netns->cookie : EV_NETNS_BY_INUM | netns->inum;
}

static uint32_t sum_of(const struct netns_rule *rule)
{
    return rule->fixed | rule->named | rule->contained;
}

int netns_rules_write(const struct netns_rules *r, struct netns_rule *rule, struct nst_error *err)
{
    uint32_t sum = sum_of(rule);

    if (r->map < 0 || sum == rule->written)
        return 0;
    if (sum ? bpf_map_update_elem(r->map, &rule->key, &sum, BPF_ANY)
            : bpf_map_delete_elem(r->map, &rule->key))
        return nst_fail(err, -errno, "cannot tell the programs of a namespace: %s",
                        strerror(errno));
    rule->written = sum;
    return 0;
}

int netns_rules_write_all(struct netns_rules *r, struct nst_error *err)
{
    size_t kept = 0;
    int error = 0;

    for (size_t i = 0; i < r->count; i++) {
        struct netns_rule *rule = &r->list[i];

        if (!error)
            error = netns_rules_write(r, rule, err);
        if (error || sum_of(rule))
            r->list[kept++] = *rule;
    }
    r->count = kept;
    return error;
}

static struct netns_rule *find(struct netns_rules *r, uint64_t key)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].key == key)
            return &r->list[i];
    return NULL;
}

/* Where the map is full, the rule goes whose namespace lost its name the longest ago. */
static struct netns_rule *replace(struct netns_rules *r)
{
    struct netns_rule *oldest = NULL;

    for (size_t i = 0; i < r->count; i++) {
        struct netns_rule *rule = &r->list[i];

        if (!rule->fixed && !rule->contained && !rule->seen && rule->scan != r->scan &&
            (!oldest || rule->scan < oldest->scan))
            oldest = rule;
    }
    if (oldest && oldest->written)
        bpf_map_delete_elem(r->map, &oldest->key);
    return oldest;
}

static int make_room(struct netns_rules *r, struct netns_rule **rule, struct nst_error *err)
{
    struct netns_rule *list;

    if (r->count == EV_FILTER_MAX) {
        *rule = replace(r);
        return *rule
                   ? 0
                   : nst_fail(err, -E2BIG, "--netns means more than %d namespaces", EV_FILTER_MAX);
    }
    list = nst_array_room(r->list, r->count, &r->room, sizeof(*list));
    if (!list)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    r->list = list;
    *rule = &r->list[r->count++];
    return 0;
}

int netns_rules_get(struct netns_rules *r, const struct nst_netns *netns, struct netns_rule **rule,
                    struct nst_error *err)
{
    uint64_t key = key_of(netns);
    int error = 0;

    *rule = find(r, key);
    if (*rule)
        return 0;
    error = make_room(r, rule, err);
    if (!error)
        **rule = (struct netns_rule){.key = key};
    return error;
}

void netns_rules_begin_scan(struct netns_rules *r)
{
    for (size_t i = 0; i < r->count; i++)
        r->list[i].seen = 0;
}
