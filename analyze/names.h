/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names that the namespaces of one file had, gathered from its tables. */
#ifndef NST_ANALYZE_NAMES_H
#define NST_ANALYZE_NAMES_H

#include "analyze/intern.h"
#include "format/nstrail.h"

struct names {
    struct nst_netns_name *list; /* as they were learnt; owns the names */
    size_t *before;              /* of each, the one of its key before it, plus one; 0: none */
    size_t count, room, before_room;
    struct intern keys; /* of what is one name: the newest entry, plus one, by way of newest */
    size_t *newest;
    size_t newest_count, newest_room;
    size_t *by_netns; /* entries by inum, cookie, then in their order; the first by_netns_count */
    size_t by_netns_count;
};

/* False: no memory, some names are missing. */
bool names_learn(struct names *names, const struct nst_tables *tables);
/* After the last of several, before names_of(). False: no memory. */
bool names_sort(struct names *names);
void names_free(struct names *names);
/* What still is a name is known to have been one until then. */
void names_close(struct names *names, uint64_t ts_ns);

/* A namespace of the tables and one of an event: they are told apart by their cookies where
 * both have one. Without, an inum is good for a namespace's lifetime. */
bool names_same_netns(const struct nst_netns *a, const struct nst_netns *b);

/* The entries of a namespace, in the sense of names_same_netns(), as they were learnt. */
struct names_of {
    const struct names *names;
    size_t at, end;             /* those without a cookie; all of the inum, if netns has none */
    size_t exact_at, exact_end; /* those with its cookie */
};

struct names_of names_of(const struct names *names, const struct nst_netns *netns);
/* NULL: no more. */
const struct nst_netns_name *names_next(struct names_of *of);

/* Namespaces that were seen, each once, and not more than a terminal's page of them. */
#define NETNS_LIST_MAX 40

struct netns_list {
    struct nst_netns list[NETNS_LIST_MAX];
    size_t count;
    bool more;
};

void netns_list_add(struct netns_list *seen, const struct nst_netns *netns);

#endif
