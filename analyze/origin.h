/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which capture and which host each of a command's files comes from. */
#ifndef NST_ANALYZE_ORIGIN_H
#define NST_ANALYZE_ORIGIN_H

#include "analyze/input.h"

/* One capture: journeys' ids and counts of losses are its own. */
struct origin {
    uint8_t capture_id[16];
    uint8_t boot_id[16];
    unsigned host;       /* index into hosts; cookies and inums are a host's own, while it runs */
    bool from_its_start; /* its first file is among ours */
    bool lost_known;
    uint64_t lost;      /* the highest count met so far */
    uint64_t lost_here; /* of those, in what was read */
};

struct origins {
    struct origin *list;
    unsigned count;
    unsigned *of_file; /* index into list, by index of the file */
    unsigned hosts_count;
    const char **hosts; /* names, borrowed from the input; NULL: not known */
};

/* False: no memory. */
bool origins_learn(struct origins *o, const struct input *in);
void origins_free(struct origins *o);

/* Events lost since the last such call for that capture, by the count in a block's header. */
uint64_t origin_lost(struct origin *origin, uint64_t lost);

#endif
