/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/lives.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/inventory/rtnl.h"
#include "format/array.h"
#include "format/hash.h"

struct lives {
    struct rtnl rtnl; /* its socket keeps our namespace */
    int changes;      /* and so does this one */
    int32_t last;     /* number that was given */
    struct hash_table by_inum;
    /* Inums are used again, the lowest first: there are no more than were ever in use together. */
    struct life {
        struct nst_netns netns;
        int32_t number;
    } * list;
    uint32_t count;
    size_t room;
};

struct lives *lives_new(bool inside)
{
    struct lives *lives = calloc(1, sizeof(*lives));

    if (!lives)
        return NULL;
    lives->rtnl.fd = lives->changes = -1;
    if (unshare(CLONE_NEWNET) || rtnl_open(&lives->rtnl) ||
        (lives->changes = changes_open(inside)) < 0 || nst_hash_init(&lives->by_inum)) {
        lives_free(lives);
        return NULL;
    }
    return lives;
}

void lives_free(struct lives *lives)
{
    if (!lives)
        return;
    rtnl_close(&lives->rtnl);
    if (lives->changes >= 0)
        close(lives->changes);
    nst_hash_free(&lives->by_inum);
    free(lives->list);
    free(lives);
}

static uint32_t hash_of(uint32_t inum)
{
    return (uint32_t)hash_mix(0, inum);
}

static struct life *find(struct lives *lives, uint32_t inum)
{
    const struct hash_slot *s;

    for (s = nst_hash_first(&lives->by_inum, hash_of(inum)); s->entry;
         s = nst_hash_next(&lives->by_inum, s))
        if (lives->list[s->entry - 1].netns.inum == inum)
            return &lives->list[s->entry - 1];
    return NULL;
}

static void add(struct lives *lives, const struct nst_netns *netns, int32_t number)
{
    struct life *list;

    if (nst_hash_room(&lives->by_inum))
        return;
    list = nst_array_room(lives->list, lives->count, &lives->room, sizeof(*list));
    if (!list)
        return;
    lives->list = list;
    nst_hash_add(&lives->by_inum, hash_of(netns->inum), lives->count);
    lives->list[lives->count++] = (struct life){.netns = *netns, .number = number};
}

int32_t lives_look(struct lives *lives, int netns_fd)
{
    return rtnl_nsid(&lives->rtnl, netns_fd);
}

static int32_t give_number(struct lives *lives, int netns_fd)
{
    if (lives->last == INT32_MAX || rtnl_set_nsid(&lives->rtnl, netns_fd, lives->last + 1))
        return -1;
    return ++lives->last;
}

int32_t lives_of(struct lives *lives, int netns_fd, const struct nst_netns *netns, bool *another)
{
    struct life *life = find(lives, netns->inum);
    int32_t number = -1;

    *another = false;
    if (!netns->cookie)
        number = lives_look(lives, netns_fd);
    else if (life && life->netns.cookie == netns->cookie)
        return life->number;
    if (number < 0)
        number = give_number(lives, netns_fd);
    if (number < 0)
        return -1;
    if (!life) {
        add(lives, netns, number);
        return number;
    }
    *another = life->number != number;
    *life = (struct life){.netns = *netns, .number = number};
    return number;
}

bool lives_on(struct lives *lives, const struct nst_netns *netns)
{
    const struct life *life = find(lives, netns->inum);

    /* Of one without a number it is not known. */
    return !life || (life->netns.cookie == netns->cookie && rtnl_knows(&lives->rtnl, life->number));
}

int lives_fd(const struct lives *lives)
{
    return lives->changes;
}

/* Finding it by its number takes less than what the kernel did to tell us of it. */
static const struct life *find_number(const struct lives *lives, int32_t number)
{
    for (uint32_t i = 0; i < lives->count; i++)
        if (lives->list[i].number == number)
            return &lives->list[i];
    return NULL;
}

enum change_kind lives_next(struct lives *lives, struct nst_netns *netns)
{
    const struct life *life = NULL;
    enum change_kind change;
    int32_t number;

    do {
        change = changes_next(lives->changes, &number);
        if (change == CHANGE_INSIDE || change == CHANGE_DEATH)
            life = find_number(lives, number);
    } while (!life && change != CHANGE_NONE && change != CHANGE_MISSED);
    if (life)
        *netns = life->netns;
    return change;
}
