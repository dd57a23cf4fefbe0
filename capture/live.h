/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shows events while they are recorded: a printer gets a copy of each block. Recording never
 * waits for it: what it cannot follow is left out, in whole blocks, and counted.
 */
#ifndef NST_CAPTURE_LIVE_H
#define NST_CAPTURE_LIVE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/caller.h"
#include "capture/ending.h"
#include "format/nstrail.h"

struct live;

/* info is for the copy's own header. */
int live_start(struct live **live, const struct nst_file_info *info, const struct caller *caller,
               const sigset_t *mask, struct nst_error *err);
/* Becomes readable when the printer has ended. */
int live_fd(const struct live *live);

/* A block of whichever file of the recording. */
void live_block(struct live *live, const void *block, size_t len);
/* Goes on with what the pipe had no room for; to be called often. */
void live_push(struct live *live);

/* The next END is the last one's. */
void live_last(struct live *live);
/* Waits until all is printed, unless it is time to stop. false: the printer failed. */
bool live_finish(struct live *live, struct ending *ending);
void live_free(struct live *live);

/* Events that were not shown. */
uint64_t live_skipped(const struct live *live);

#endif
