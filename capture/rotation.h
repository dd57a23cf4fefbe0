/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From one file of the recording to the next: when, and how. */
#ifndef NST_CAPTURE_ROTATION_H
#define NST_CAPTURE_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/file_info.h"
#include "capture/files.h"
#include "capture/options.h"
#include "capture/upkeep.h"

struct rotation {
    const struct options *options;
    struct file_info *info;
    struct files *files; /* NULL: the output is a stream, and stays the only one */
    int fd;              /* of the first output; from rotation_begin() on the writer's */
    bool waits;          /* rotation_begin() is still to come: fd is ours to close */
    bool went_on;        /* from the first output to another */
    uint64_t first_lost; /* then: events that could not be written to the first */
    uint64_t began_ns;   /* when the current file began, as all times here by CLOCK_MONOTONIC */
    uint64_t retry_ns;   /* the last try to begin a file failed: none before then */
    bool asked;          /* SIGHUP asked for a new file, which could not be begun yet */
    bool told;           /* it was said why not */
    bool full_told;      /* it was said that files go because the disk is full */
};

/* Opens the first output, and leaves what is in it. */
int rotation_open(struct rotation *rotation, const struct options *options,
                  const struct caller *caller, struct nst_error *err);
/* Empties it, and writes it by a writer with these hooks; its header says what info does. *fd stays
 * the writer's. info is the caller's, and outlives the rotation. */
int rotation_begin(struct rotation *rotation, struct file_info *info,
                   const struct nst_writer_hooks *hooks, struct nst_writer **writer, int *fd,
                   struct nst_error *err);
/* An output that never began is as it was before. */
void rotation_free(struct rotation *rotation);

/* The disk is full. True: an old file of the ring had to make room. */
bool rotation_make_room(struct rotation *rotation);

/* There will be several files, even if nobody asks. */
bool rotation_expected(const struct rotation *rotation);
/* The output's name, for messages. */
const char *rotation_name(const struct rotation *rotation);

/* To be called after each block, and often: goes on in the next file when the current one is
 * large or old enough, or when that is asked for. Where it cannot, it says so, tries
 * again, and the current one goes on meanwhile. */
void rotation_run(struct rotation *rotation, struct upkeep *upkeep, bool asked, uint64_t now_ns);

#endif
