/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/origin.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t no_id[16];

static bool same_id(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, no_id, 16) != 0 && memcmp(a, b, 16) == 0;
}

/* A file whose header was unusable is a capture of its own, on a host of its own. */
static unsigned find_origin(const struct origins *o, const struct nst_file_info *info)
{
    unsigned i = 0;

    while (i < o->count && !same_id(o->list[i].capture_id, info->capture_id))
        i++;
    return i;
}

static unsigned find_host(struct origins *o, const struct nst_file_info *info)
{
    for (unsigned i = 0; i < o->count; i++)
        if (same_id(o->list[i].boot_id, info->boot_id))
            return o->list[i].host;
    o->hosts[o->hosts_count] = info->hostname;
    return o->hosts_count++;
}

static void learn_file(struct origins *o, unsigned file, const struct nst_file_info *info)
{
    unsigned i = find_origin(o, info);
    struct origin *origin = &o->list[i];

    if (i == o->count) {
        unsigned host = find_host(o, info);

        memcpy(origin->capture_id, info->capture_id, 16);
        memcpy(origin->boot_id, info->boot_id, 16);
        origin->host = host;
        o->count++;
    }
    if (info->sequence == 0 && memcmp(info->capture_id, no_id, 16) != 0)
        origin->from_its_start = true;
    o->of_file[file] = i;
}

bool origins_learn(struct origins *o, const struct input *in)
{
    unsigned files = input_files_count(in);

    *o = (struct origins){
        .list = calloc(files, sizeof(*o->list)),
        .of_file = calloc(files, sizeof(*o->of_file)),
        .hosts = calloc(files, sizeof(*o->hosts)),
    };
    if (!o->list || !o->of_file || !o->hosts) {
        origins_free(o);
        return false;
    }
    for (unsigned i = 0; i < files; i++)
        learn_file(o, i, input_file(in, i)->info);
    return true;
}

void origins_free(struct origins *o)
{
    free(o->list);
    free(o->of_file);
    free(o->hosts);
    *o = (struct origins){0};
}

uint64_t origin_lost(struct origin *origin, uint64_t lost)
{
    uint64_t before = origin->lost;

    /* Without the capture's first file, what was lost before ours is not between our packets. */
    if (!origin->lost_known && !origin->from_its_start)
        before = lost;
    origin->lost_known = true;
    if (lost < before)
        return 0;
    origin->lost = lost;
    origin->lost_here += lost - before;
    return lost - before;
}
