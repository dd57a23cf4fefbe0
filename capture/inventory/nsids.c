/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/nsids.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/inventory/rtnl.h"
#include "format/array.h"
#include "format/hash.h"

struct nsids {
    struct rtnl rtnl; /* its socket keeps our namespace */
    int changes;      /* and so does this one */
    int32_t last;     /* number that was given */
    struct hash_table by_inum;
    /* Inums are used again, the lowest first: there are no more than were ever in use together. */
    struct numbered {
        struct nst_netns netns;
        int32_t number;
    } * list;
    uint32_t count;
    size_t room;
};

struct nsids *nsids_new(bool inside)
{
    struct nsids *nsids = calloc(1, sizeof(*nsids));

    if (!nsids)
        return NULL;
    nsids->rtnl.fd = nsids->changes = -1;
    if (unshare(CLONE_NEWNET) || rtnl_open(&nsids->rtnl) ||
        (nsids->changes = changes_open(inside)) < 0 || nst_hash_init(&nsids->by_inum)) {
        nsids_free(nsids);
        return NULL;
    }
    return nsids;
}

void nsids_free(struct nsids *nsids)
{
    if (!nsids)
        return;
    rtnl_close(&nsids->rtnl);
    if (nsids->changes >= 0)
        close(nsids->changes);
    nst_hash_free(&nsids->by_inum);
    free(nsids->list);
    free(nsids);
}

static uint32_t hash_of(uint32_t inum)
{
    return (uint32_t)hash_mix(0, inum);
}

static struct numbered *find(struct nsids *nsids, uint32_t inum)
{
    const struct hash_slot *s;

    for (s = nst_hash_first(&nsids->by_inum, hash_of(inum)); s->entry;
         s = nst_hash_next(&nsids->by_inum, s))
        if (nsids->list[s->entry - 1].netns.inum == inum)
            return &nsids->list[s->entry - 1];
    return NULL;
}

static void add(struct nsids *nsids, const struct nst_netns *netns, int32_t number)
{
    struct numbered *list;

    if (nst_hash_room(&nsids->by_inum))
        return;
    list = nst_array_room(nsids->list, nsids->count, &nsids->room, sizeof(*list));
    if (!list)
        return;
    nsids->list = list;
    nst_hash_add(&nsids->by_inum, hash_of(netns->inum), nsids->count);
    nsids->list[nsids->count++] = (struct numbered){.netns = *netns, .number = number};
}

int32_t nsids_look(struct nsids *nsids, int netns_fd)
{
    return rtnl_nsid(&nsids->rtnl, netns_fd);
}

static int32_t give_number(struct nsids *nsids, int netns_fd)
{
    if (nsids->last == INT32_MAX || rtnl_set_nsid(&nsids->rtnl, netns_fd, nsids->last + 1))
        return -1;
    return ++nsids->last;
}

int32_t nsids_of(struct nsids *nsids, int netns_fd, const struct nst_netns *netns, bool *another)
{
    struct numbered *entry = find(nsids, netns->inum);
    int32_t number = -1;

    *another = false;
    if (!netns->cookie)
        number = nsids_look(nsids, netns_fd);
    else if (entry && entry->netns.cookie == netns->cookie)
        return entry->number;
    if (number < 0)
        number = give_number(nsids, netns_fd);
    if (number < 0)
        return -1;
    if (!entry) {
        add(nsids, netns, number);
        return number;
    }
    *another = entry->number != number;
    *entry = (struct numbered){.netns = *netns, .number = number};
    return number;
}

bool nsids_know(struct nsids *nsids, const struct nst_netns *netns)
{
    const struct numbered *entry = find(nsids, netns->inum);

    /* Of one without a number it is not known. */
    return !entry ||
           (entry->netns.cookie == netns->cookie && rtnl_knows(&nsids->rtnl, entry->number));
}

int nsids_fd(const struct nsids *nsids)
{
    return nsids->changes;
}

/* Finding it by its number takes less than what the kernel did to tell us of it. */
static const struct numbered *find_number(const struct nsids *nsids, int32_t number)
{
    for (uint32_t i = 0; i < nsids->count; i++)
        if (nsids->list[i].number == number)
            return &nsids->list[i];
    return NULL;
}

enum change_kind nsids_next(struct nsids *nsids, struct nst_netns *netns)
{
    const struct numbered *entry = NULL;
    enum change_kind change;
    int32_t number;

    do {
        change = changes_next(nsids->changes, &number);
        if (change == CHANGE_INSIDE || change == CHANGE_DEATH)
            entry = find_number(nsids, number);
    } while (!entry && change != CHANGE_NONE && change != CHANGE_MISSED);
    if (entry)
        *netns = entry->netns;
    return change;
}
