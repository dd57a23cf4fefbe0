/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where which packet has been exported, so that one packet at several probes of one device
 * does not read as a retransmission.
 *
 * A packet counts once a (device, direction), at the probe that saw it there first. When that
 * probe sees it there again it has really passed again: TCP sends its retransmissions from the
 * same data, and routing loops exist. At the loopback device, where a packet leaves and
 * arrives at once, both directions are one; where the direction is not known, having been
 * seen in any is enough.
 *
 * Memory is bounded: the last DEDUP_MAX packets are known, fewer only where they passed very
 * many devices each.
 */
#ifndef NST_ANALYZE_DEDUP_H
#define NST_ANALYZE_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/pcapng.h"

#define DEDUP_MAX (1u << 16)

struct dedup_node;

struct dedup {
    struct dedup_node *nodes; /* a ring of DEDUP_MAX */
    uint32_t *chains;        /* by hash: the last node made */
    uint32_t next;           /* the node to be made next; counts on and wraps */
};

struct dedup_sighting {
    unsigned origin;    /* of the capture, whose ids the journeys' are */
    uint32_t interface; /* below 2^30 */
    bool loopback;
    enum pcapng_direction direction;
    uint16_t probe;
};

/* False: no memory. */
bool dedup_init(struct dedup *d);
void dedup_free(struct dedup *d);

/* Whether the packet is to be exported here; from now on it is known to have been. A journey 0 (not
 * tracked) always is. */
bool dedup_keeps(struct dedup *d, uint64_t journey, const struct dedup_sighting *where);

#endif
