/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wished of which namespaces, and the map that tells it to the BPF programs.
 */
#ifndef NST_CAPTURE_WISH_LIST_H
#define NST_CAPTURE_WISH_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

/* What is wished of a namespace (enum ev_netns_wish), and why. */
struct wish {
    uint64_t key;       /* as the BPF programs look it up */
    uint32_t fixed;     /* whatever comes */
    uint32_t named;     /* by its names */
    uint32_t contained; /* by the containers in it */
    uint32_t seen;      /* in the look that is under way, or was the last */
    uint32_t told;      /* what the map has; 0: it is not there */
    uint32_t scan;      /* that saw it by a name last */
};

struct wish_list {
    struct wish *wishes;
    size_t count, room;
    uint32_t scan; /* of names: the one that is under way, or was the last */
    int map;       /* -1: not yet */
};

void wish_list_free(struct wish_list *list);

/* What is wished of that namespace, for somebody to add to, until another is asked for. <0: no
 * memory, or -E2BIG the map takes no more. */
int wish_list_for(struct wish_list *list, const struct nst_netns *netns, struct wish **wish,
                  struct nst_error *err);

/* Nothing was seen of it yet. */
void wish_list_begin_look(struct wish_list *list);

/* Tell the map, if it does not know: of one, or of all, of which those go of which nothing is
 * wished any more. <0: the map refused it. */
int wish_list_tell(const struct wish_list *list, struct wish *wish, struct nst_error *err);
int wish_list_tell_all(struct wish_list *list, struct nst_error *err);

#endif
