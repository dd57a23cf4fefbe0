/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the export share. Internal. */
#ifndef NST_ANALYZE_EXPORT_INTERNAL_H
#define NST_ANALYZE_EXPORT_INTERNAL_H

#include "analyze/dedup.h"
#include "analyze/export.h"
#include "analyze/export_cache.h"
#include "analyze/frame.h"
#include "analyze/interfaces.h"
#include "analyze/origin.h"

struct exporter {
    const struct export_options *wanted;
    struct input *in;
    struct origins origins;
    struct interfaces interfaces;
    struct export_cache cache;
    bool several_probes; /* perhaps: a packet can be seen by more than one in a direction */
    struct dedup dedup;
    struct stream *out;
    uint32_t snaplen;
    uint64_t lost;     /* events, since the last packet that was written */
    uint64_t left_out; /* events of buffers whose packet the recorder could not find */
    uint8_t frame[FRAME_MAX];
};

/* Says so. STATUS_FAILED. */
int export_no_memory(void);

/* The packet goes out without an Ethernet header. */
static inline bool export_is_raw(const struct exporter *x, const struct nst_event *event)
{
    return x->wanted->raw_ip && event->flags & NST_EVENT_L3;
}

/* The first reading of files that can be sought in: which interfaces there will be, and whether
 * packets can be seen by several probes. enum status; the input begins again. */
int export_collect(struct exporter *x);
/* The number of an event's interface at that moment, made if need be. NST_NONE: no memory. */
uint32_t export_interface_at(struct exporter *x, const struct export_block *cached,
                             const struct input_event *e, uint64_t ts_ns);
/* Makes the interface that losses are counted at, if there are any. Before interfaces are
 * described. False: no memory. */
bool export_make_lost_interfaces(struct exporter *x);
/* Counts there what was lost, after the last packet too. Before the statistics are written. */
void export_count_lost(struct exporter *x);

/* Writes the packets of all events that the input still has. enum status. */
int export_events(struct exporter *x);

#endif
