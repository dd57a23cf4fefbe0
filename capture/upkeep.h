/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What has to be done now and then while events are recorded. */
#ifndef NST_CAPTURE_UPKEEP_H
#define NST_CAPTURE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/attach.h"
#include "capture/counters.h"
#include "capture/inventory/inventory.h"
#include "capture/placement.h"
#include "capture/tracks.h"
#include "format/nstrail.h"

struct upkeep {
    const char *output; /* its name, for messages */
    struct nst_writer *writer;
    struct counters *counters;
    struct tracks *tracks;
    const struct attachment *attachment;
    struct placement *placement; /* NULL: where we run is not ours to choose */
    uint64_t *written;           /* by the programs, by CPU */
    struct inventory *inventory; /* NULL: none */
    uint64_t every_ns, flush_ns; /* how often things are done */
    uint64_t last_ns, tables_ns, tables_bytes, inventory_ns, refreshed_ns;
    uint64_t again_ns, again_bytes; /* when all of the inventory was last asked for */
    bool inventory_lost;            /* rows of it that were said since could not be written */
    uint64_t lost;      /* events, of all kinds... */
    uint64_t lost_told; /* ...and those that the last tables tell of; */
    uint64_t calm_ns;   /* until then there were no others */
    int64_t clock_ns;   /* the time of day minus CLOCK_MONOTONIC */
    uint64_t disk_lost; /* events, of the files before this one */
    bool disk_told;     /* that the disk refuses writes to this file */
    bool reader_gone;   /* whoever read our output does no more: there is no use in going on */
};

/* Makes its own parts; the rest is the caller's. inventory may be NULL. live: somebody looks at the
 * events while they are recorded. */
int upkeep_init(struct upkeep *upkeep, const char *output, struct nst_writer *writer,
                const struct attachment *attachment, struct inventory *inventory, bool live,
                struct nst_error *err);
void upkeep_free(struct upkeep *upkeep);

/* Before the first event: what is known by then stands at the file's beginning. */
void upkeep_begin(struct upkeep *upkeep);
/* When upkeep_run has something to do again, CLOCK_MONOTONIC. */
uint64_t upkeep_due_ns(const struct upkeep *upkeep);
/* To be called often; does what is due. */
void upkeep_run(struct upkeep *upkeep, uint64_t now_ns);
/* Goes on in the file that fd is, which becomes the writer's; *before is what it had to say of the
 * old one. <0: the old one goes on. */
int upkeep_rotate(struct upkeep *upkeep, int fd, const struct nst_file_info *info,
                  struct nst_writer_stats *before, struct nst_error *err);
/* After the last event: closes the writer. *stats is what it had to say. <0: the end of the
 * file could not be written. */
int upkeep_end(struct upkeep *upkeep, struct nst_writer_stats *stats, struct nst_error *err);

#endif
