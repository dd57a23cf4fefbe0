/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "format/block_dicts.h"

#include <errno.h>
#include <string.h>

#include "format/bytes.h"

int nst_block_dicts_init(struct block_dicts *d)
{
    bool failed = nst_sites_init(&d->sites) < 0;
    int i;

    for (i = 0; i < DICTS; i++)
        failed |= nst_dict_init(&d->dicts[i]) < 0;
    return failed ? -ENOMEM : 0;
}

void nst_block_dicts_free(struct block_dicts *d)
{
    int i;

    for (i = 0; i < DICTS; i++)
        nst_dict_free(&d->dicts[i]);
    nst_sites_free(&d->sites);
}

void nst_block_dicts_next(struct block_dicts *d)
{
    int i;

    d->block++;
    d->bytes = 0;
    d->netns_bits[0] = d->netns_bits[1] = d->probe_bits = 0;
    for (i = 0; i < DICTS; i++)
        d->dicts[i].used_count = 0;
    nst_sites_clear(&d->sites);
}

static size_t name_size(const char *s)
{
    return s ? strlen(s) : 0;
}

/* A frame stands behind its caller: so no file can have a trace without an end. As deep as a
 * trace, which NST_MAX_FRAMES bounds. */
static int use_caller(struct block_dicts *d, enum count_of kind, uint32_t index)
{
    if (kind != OF_FRAME)
        return 0;
    return nst_block_dicts_use(d, OF_FRAME, (uint32_t)d->dicts[kind].entries[index].key.first);
}

int nst_block_dicts_take(struct block_dicts *d, enum count_of kind, uint32_t index)
{
    struct dict *dict = &d->dicts[kind];
    const struct dict_key *key;
    unsigned bit;
    int ret = use_caller(d, kind, index);

    if (ret < 0)
        return ret;
    ret = nst_dict_use(dict, index, d->block);
    if (ret <= 0)
        return ret;

    key = &dict->entries[index].key;
    d->bytes += 2 * VARINT_MAX + name_size(key->names[0]) + name_size(key->names[1]);
    if (kind == OF_NETNS) {
        bit = nst_netns_bit(key->second);
        d->netns_bits[bit / 64] |= 1ull << bit % 64;
    } else if (kind == OF_PROBE) {
        d->probe_bits |= 1ull << nst_probe_bit((uint32_t)key->first, key->names[0]);
    } else if (kind == OF_DEVICE) {
        return nst_block_dicts_use(d, OF_NETNS, (uint32_t)key->first);
    }
    return 0;
}

int nst_block_dicts_add_site(struct block_dicts *d, const struct nst_event *ev,
                             const struct site *site)
{
    if (nst_block_dicts_use(d, OF_NETNS, ev->netns) < 0 ||
        nst_block_dicts_use(d, OF_DEVICE, ev->device) < 0 ||
        nst_block_dicts_use(d, OF_PROBE, ev->probe) < 0 ||
        nst_block_dicts_use(d, OF_REASON, ev->drop_reason) < 0 ||
        nst_block_dicts_use(d, OF_FRAME, ev->stack) < 0)
        return -ENOMEM;
    d->bytes += sizeof(*site);
    return nst_sites_add(&d->sites, site);
}
