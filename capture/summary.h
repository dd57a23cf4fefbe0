/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The counts that people see, at the end and on SIGUSR1. */
#ifndef NST_CAPTURE_SUMMARY_H
#define NST_CAPTURE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/counters.h"
#include "format/nstrail.h"

struct summary {
    struct losses losses;
    uint64_t written; /* events */
    uint64_t bytes;
    uint64_t lost_disk, lost_reader; /* events that were to be written */
    bool to_disk;
    const char *reader_of; /* the output that a reader has to take, in words; NULL: there is none */
    bool reader_gone;
    bool kept; /* there is a file or stream, that has bytes */
    bool live;
    uint64_t skipped; /* events that the printer could not follow */
};

bool summary_has_losses(const struct summary *summary);
/* On stderr. */
void summary_print(const struct summary *summary);

#endif
