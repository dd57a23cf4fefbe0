/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/wish_list.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "format/array.h"
#include "format/error.h"

void wish_list_free(struct wish_list *l)
{
    free(l->wishes);
}

static uint64_t key_of(const struct nst_netns *netns)
{
    return netns->cookie ? netns->cookie : EV_NETNS_BY_INUM | netns->inum;
}

static uint32_t what_of(const struct wish *wish)
{
    return wish->fixed | wish->named | wish->contained;
}

int wish_list_tell(const struct wish_list *l, struct wish *wish, struct nst_error *err)
{
    uint32_t what = what_of(wish);

    if (l->map < 0 || what == wish->told)
        return 0;
    if (what ? bpf_map_update_elem(l->map, &wish->key, &what, BPF_ANY)
             : bpf_map_delete_elem(l->map, &wish->key))
        return nst_fail(err, -errno, "cannot tell the programs of a namespace: %s",
                        strerror(errno));
    wish->told = what;
    return 0;
}

int wish_list_tell_all(struct wish_list *l, struct nst_error *err)
{
    size_t kept = 0;
    int error = 0;

    for (size_t i = 0; i < l->count; i++) {
        struct wish *wish = &l->wishes[i];

        if (!error)
            error = wish_list_tell(l, wish, err);
        if (error || what_of(wish))
            l->wishes[kept++] = *wish;
    }
    l->count = kept;
    return error;
}

static struct wish *find(struct wish_list *l, uint64_t key)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->wishes[i].key == key)
            return &l->wishes[i];
    return NULL;
}

/* One whose name has been gone the longest makes room. */
static struct wish *replace(struct wish_list *l)
{
    struct wish *oldest = NULL;

    for (size_t i = 0; i < l->count; i++) {
        struct wish *wish = &l->wishes[i];

        if (!wish->fixed && !wish->contained && !wish->seen && wish->scan != l->scan &&
            (!oldest || wish->scan < oldest->scan))
            oldest = wish;
    }
    if (oldest && oldest->told)
        bpf_map_delete_elem(l->map, &oldest->key);
    return oldest;
}

static int make_room(struct wish_list *l, struct wish **wish, struct nst_error *err)
{
    struct wish *wishes;

    if (l->count == EV_WISHES_MAX) {
        *wish = replace(l);
        return *wish
                   ? 0
                   : nst_fail(err, -E2BIG, "--netns means more than %d namespaces", EV_WISHES_MAX);
    }
    wishes = nst_array_room(l->wishes, l->count, &l->room, sizeof(*wishes));
    if (!wishes)
        return nst_fail(err, -ENOMEM, "no memory for namespaces");
    l->wishes = wishes;
    *wish = &l->wishes[l->count++];
    return 0;
}

int wish_list_for(struct wish_list *l, const struct nst_netns *netns, struct wish **wish,
                  struct nst_error *err)
{
    uint64_t key = key_of(netns);
    int error = 0;

    *wish = find(l, key);
    if (*wish)
        return 0;
    error = make_room(l, wish, err);
    if (!error)
        **wish = (struct wish){.key = key};
    return error;
}

void wish_list_begin_look(struct wish_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        l->wishes[i].seen = 0;
}
