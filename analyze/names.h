/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names that the namespaces of one file had, gathered from its tables. */
#ifndef NST_ANALYZE_NAMES_H
#define NST_ANALYZE_NAMES_H

#include "format/nstrail.h"

struct names {
    struct nst_netns_name *list; /* by inum, then as they were learnt; owns the names */
    size_t count;
    size_t room;
};

/* False: no memory, some names are missing. */
bool names_learn(struct names *names, const struct nst_tables *tables);
void names_free(struct names *names);
/* What still is a name is known to have been one until then. */
void names_close(struct names *names, uint64_t ts_ns);

/* A namespace of the tables and one of an event: they are told apart by their cookies where
 * both have one. Without, an inum is good for a namespace's lifetime. */
bool names_same_netns(const struct nst_netns *a, const struct nst_netns *b);

/* The names of all namespaces with that inum: *count of them from the answer on. */
const struct nst_netns_name *names_of_inum(const struct names *names, uint32_t inum, size_t *count);

/* Namespaces that were seen, each once, and not more than a terminal's page of them. */
#define NETNS_LIST_MAX 40

struct netns_list {
    struct nst_netns list[NETNS_LIST_MAX];
    size_t count;
    bool more;
};

void netns_list_add(struct netns_list *seen, const struct nst_netns *netns);

#endif
