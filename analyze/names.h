/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names that the namespaces of one file had, gathered from its tables. */
#ifndef NST_ANALYZE_NAMES_H
#define NST_ANALYZE_NAMES_H

#include "analyze/by_netns.h"
#include "analyze/intern.h"
#include "format/nstrail.h"

struct names {
    struct nst_netns_name *list; /* as they were learnt; owns the names */
    size_t *before; /* for each, the earlier entry of the same name, plus one; 0: none */
    size_t count, room, before_room;
    struct intern keys; /* by namespace, place and name: the place in newest, plus one */
    size_t *newest;     /* the newest entry of each */
    size_t newest_count, newest_room;
    struct by_netns by_time;
    struct by_netns as_learnt; /* all times are 0, so it is in the order of the list */
    bool has_changed;          /* since they were sorted */
};

/* False: no memory, some names are missing. */
bool names_learn(struct names *names, const struct nst_tables *tables);
/* Call it after learning, before names_of() and names_since(). False: no memory. */
bool names_sort(struct names *names);
void names_free(struct names *names);
/* Names that still are there are only known to have been there until then. */
void names_close(struct names *names, uint64_t ts_ns);

/* A namespace of the tables and one of an event: they are told apart by their cookies where
 * both have one. Without, an inum is good for a namespace's lifetime. */
bool names_same_netns(const struct nst_netns *a, const struct nst_netns *b);

/* The entries of a namespace, in the sense of names_same_netns(), as they were learnt. */
struct by_netns_of names_of(const struct names *names, const struct nst_netns *netns);
/* Those that began from from_ns to until_ns, by time, and all that have its cookie. */
struct by_netns_of names_since(const struct names *names, const struct nst_netns *netns,
                               uint64_t from_ns, uint64_t until_ns);
/* NULL: no more. */
const struct nst_netns_name *names_next(const struct names *names, struct by_netns_of *of);

/* Namespaces that were seen, each once, and not more than a terminal's page of them. */
#define NETNS_LIST_MAX 40

struct netns_list {
    struct nst_netns list[NETNS_LIST_MAX];
    size_t count;
    bool more;
};

void netns_list_add(struct netns_list *seen, const struct nst_netns *netns);

#endif
