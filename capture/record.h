/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns the rings' records into events of the file. */
#ifndef NST_CAPTURE_RECORD_H
#define NST_CAPTURE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/counters.h"
#include "capture/drop_reasons.h"
#include "capture/inventory/inventory.h"
#include "capture/probes.h"
#include "capture/stacks.h"
#include "format/nstrail.h"

struct recorder;

struct recorder_options {
    uint32_t cpus;
    const struct probes *probes;
    struct stacks *stacks; /* NULL: none */
    /* For the times of journeys: as in struct ev_config. */
    uint64_t base_ts_ns;
    uint32_t cpu_bits;
    struct inventory *inventory; /* is told of namespaces; NULL: none */
    uint64_t limit; /* events; 0: none */
};

/* All outlive it. NULL: no memory. */
struct recorder *recorder_new(const struct recorder_options *options, struct nst_writer *writer,
                              const struct drop_reasons *reasons, struct counters *counters);
void recorder_free(struct recorder *recorder);

/* A merge_take; context is the recorder. Not 0: the limit is reached (1), or <0 and
 * recorder_error() has the words. */
int recorder_take(void *context, const void *record, uint32_t length, bool late);
const struct nst_error *recorder_error(const struct recorder *recorder);

#endif
