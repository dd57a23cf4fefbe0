/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A line on stderr that says how far a long command is, if stderr is a terminal. */
#ifndef NST_ANALYZE_PROGRESS_H
#define NST_ANALYZE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    uint64_t total, done; /* what the bar measures, such as bytes; total 0: not known */
    uint64_t begun_ns, drawn_ns;
};

void progress_begin(struct progress *progress, uint64_t total);
/* Cheap enough to be called for every thousandth event. */
void progress_update(struct progress *progress, uint64_t done, uint64_t events);
/* Says what is done now that cannot be measured. */
void progress_phase(struct progress *progress, const char *text);
/* Clears the line. */
void progress_clear(const struct progress *progress);

#endif
