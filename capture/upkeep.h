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

/* When something was done last, and how much the writer had written by then, in all files. */
struct upkeep_done {
    uint64_t ts_ns; /* CLOCK_MONOTONIC, as all times here */
    uint64_t bytes;
};

struct upkeep {
    const char *output; /* its name, for messages */
    struct nst_writer *writer;
    struct counters *counters;
    bool reader_gone; /* whoever read our output does no more: there is no use in going on */

    /* Its own. */
    struct tracks *tracks;
    const struct attachment *attachment;
    struct placement *placement; /* NULL: where we run is not ours to choose */
    uint64_t *written;           /* bytes by the programs, by CPU */
    struct inventory *inventory; /* NULL: none */
    uint64_t every_ns, flush_ns; /* RUN_NS and FLUSH_NS, or those of --live */
    int64_t realtime_offset_ns;  /* the time of day minus CLOCK_MONOTONIC */

    /* When each was done last. */
    uint64_t run_ns;           /* upkeep_run(), all of it */
    uint64_t refreshed_ns;     /* the kernel was asked for its counters */
    uint64_t rows_ns;          /* new rows of the inventory were written */
    struct upkeep_done repeat; /* all rows of the inventory were asked for again */
    struct upkeep_done tables; /* the counters were written */

    uint64_t lost;        /* events, in whatever way they were lost */
    uint64_t lost_told;   /* of those, what the last tables told of */
    uint64_t calm_ns;     /* when those two were the same last */
    uint64_t lost_before; /* by the writer, in the files before this one */
    bool unwritten_said;  /* that some of this file's events could not be written */
    bool inventory_lost;  /* some rows could not be written since all were asked for */
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
