/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What has to be done now and then while events are recorded. */
#ifndef NST_CAPTURE_UPKEEP_H
#define NST_CAPTURE_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/attach.h"
#include "capture/counters.h"
#include "capture/netns_names.h"
#include "capture/tracks.h"
#include "format/nstrail.h"

struct upkeep {
    const char *output; /* its name, for messages */
    struct nst_writer *writer;
    struct counters *counters;
    struct tracks *tracks;
    struct netns_names *names;
    uint64_t last_ns, names_ns, tables_ns, tables_bytes;
    bool names_due;   /* one came or went */
    bool disk_told;   /* that the disk refuses writes */
    bool reader_gone; /* whoever read our output does no more: there is no use in going on */
};

/* Makes its own parts; the writer and the attachment are the caller's. */
int upkeep_init(struct upkeep *upkeep, const char *output, struct nst_writer *writer,
                const struct attachment *attachment, struct nst_error *err);
void upkeep_free(struct upkeep *upkeep);

/* Before the first event: names and counters stand at the file's beginning. */
int upkeep_begin(struct upkeep *upkeep, struct nst_error *err);
/* A descriptor to poll for EPOLLPRI, or -1; upkeep_names_changed is what to call then. */
int upkeep_names_fd(const struct upkeep *upkeep);
void upkeep_names_changed(struct upkeep *upkeep);
/* When upkeep_run has something to do again, CLOCK_MONOTONIC. */
uint64_t upkeep_due_ns(const struct upkeep *upkeep);
/* To be called often; does what is due. */
int upkeep_run(struct upkeep *upkeep, uint64_t now_ns, struct nst_error *err);
/* After the last event: closes the writer. *stats is what it had to say. <0: the end of the
 * file could not be written. */
int upkeep_end(struct upkeep *upkeep, struct nst_writer_stats *stats, struct nst_error *err);

#endif
