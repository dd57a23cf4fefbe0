/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files of a recording: opens one after the other and removes the oldest, as -W and
 * --max-disk say. Those that an earlier recording left under the same names belong to the ring
 * too. Nothing that a recorder wrote is ever overwritten, but for the one file of a recording
 * that has neither a ring nor a time in its name, and that nobody records to any more.
 */
#ifndef NST_CAPTURE_FILES_H
#define NST_CAPTURE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/caller.h"
#include "format/nstrail.h"

struct files_options {
    const char *pattern; /* -w */
    bool series;         /* there will be several: the first too leaves alone what is there */
    uint64_t keep;       /* -W; 0: all */
    uint64_t disk_bytes; /* --max-disk; 0: no limit */
};

struct files;

/* Fails when somebody else records under these names. What options and caller point at outlives
 * it. */
int files_new(struct files **files, const struct files_options *options,
              const struct caller *caller, struct nst_error *err);
void files_free(struct files *files);

/* Opens the next file, having made room for it in the ring, if it is not the first. A file
 * descriptor, or <0. It becomes the current one by files_begin(), and the first is emptied by
 * output_begin(); or it is given up, and removed, unless it was there before. */
int files_open(struct files *files, struct nst_error *err);
void files_begin(struct files *files, uint64_t last_bytes);
void files_give_up(struct files *files);

/* The current one's name; before the first, as -w has it. Valid until the next one. */
const char *files_name(const struct files *files);
/* The name of the one that files_open() opened. */
const char *files_next_name(const struct files *files);
/* The disk is full: removes the ring's oldest file before its time. False: there is none. */
bool files_make_room(struct files *files);
/* The current file has grown to so many bytes: removes what is too much. */
void files_grown(struct files *files, uint64_t bytes);

#endif
