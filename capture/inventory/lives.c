/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/inventory/lives.h"

#include <sched.h>
#include <stdlib.h>

#include "capture/inventory/rtnl.h"
#include "format/hash.h"

struct lives {
    struct rtnl rtnl; /* its socket keeps our namespace */
    int32_t last;     /* number that was given */
    struct hash_table by_inum;
    /* Inums are used again, the lowest first: there are no more than were ever in use together. */
    struct life {
        uint32_t inum;
        int32_t number;
    } * list;
    uint32_t count, room;
};

struct lives *lives_new(void)
{
    struct lives *lives = calloc(1, sizeof(*lives));

    if (!lives)
        return NULL;
    lives->rtnl.fd = -1;
    if (unshare(CLONE_NEWNET) || rtnl_open(&lives->rtnl) || nst_hash_init(&lives->by_inum)) {
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
        if (lives->list[s->entry - 1].inum == inum)
            return &lives->list[s->entry - 1];
    return NULL;
}

static void add(struct lives *lives, uint32_t inum, int32_t number)
{
    if (nst_hash_room(&lives->by_inum))
        return;
    if (lives->count == lives->room) {
        uint32_t room = lives->room ? 2 * lives->room : 64;
        struct life *list = reallocarray(lives->list, room, sizeof(*list));

        if (!list)
            return;
        lives->list = list;
        lives->room = room;
    }
    nst_hash_add(&lives->by_inum, hash_of(inum), lives->count);
    lives->list[lives->count++] = (struct life){.inum = inum, .number = number};
}

int32_t lives_look(struct lives *lives, int netns_fd)
{
    return rtnl_nsid(&lives->rtnl, netns_fd);
}

int32_t lives_of(struct lives *lives, int netns_fd, uint32_t inum, bool *another)
{
    int32_t number = lives_look(lives, netns_fd);
    struct life *life = find(lives, inum);

    *another = false;
    if (number < 0) {
        if (lives->last == INT32_MAX || rtnl_set_nsid(&lives->rtnl, netns_fd, lives->last + 1))
            return -1;
        number = ++lives->last;
    }
    if (!life) {
        add(lives, inum, number);
        return number;
    }
    *another = life->number != number;
    life->number = number;
    return number;
}
