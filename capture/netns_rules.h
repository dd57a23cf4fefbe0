/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which namespaces are to be recorded and which left out, as the BPF programs look it up: a list,
 * and their map filter_netns that is made to say the same.
 */
#ifndef NST_CAPTURE_NETNS_RULES_H
#define NST_CAPTURE_NETNS_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

/* What holds for a namespace: bits of enum ev_netns_rule, by where each comes from. */
struct netns_rule {
    uint64_t key;       /* in the map: the cookie, or EV_NETNS_BY_INUM and the inum */
    uint32_t fixed;     /* from an inum, a cookie, a path, a process: for all of the recording */
    uint32_t named;     /* from its names */
    uint32_t contained; /* from the containers in it */
    uint32_t seen;      /* in the scan of names or containers that is under way, or was the last */
    uint32_t written;   /* what the map has; 0: the key is not in it */
    uint32_t scan;      /* the last scan of names that saw it */
};

struct netns_rules {
    struct netns_rule *list;
    size_t count, room;
    uint32_t scan; /* number of the scan of names that is under way, or was the last */
    int map;       /* fd, the caller's; -1: the programs are not loaded yet */
};

void netns_rules_free(struct netns_rules *rules);

/* The rule for that namespace, made if there was none, for the caller to add bits to. Valid until
 * the next call. -ENOMEM, or -E2BIG: the map has no room. */
int netns_rules_get(struct netns_rules *rules, const struct nst_netns *netns,
                    struct netns_rule **rule, struct nst_error *err);

/* Clears what was seen, of all of them. */
void netns_rules_begin_scan(struct netns_rules *rules);

/* Bring the map up to date with one rule, or with all; of those, the ones without a bit left are
 * taken out of the list. <0: the kernel refused. */
int netns_rules_write(const struct netns_rules *rules, struct netns_rule *rule,
                      struct nst_error *err);
int netns_rules_write_all(struct netns_rules *rules, struct nst_error *err);

#endif
