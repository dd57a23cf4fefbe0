/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file that -w names. A regular file appears under its name only once it is complete:
 * until then it has no name at all where the file system can do that (O_TMPFILE), so that
 * nothing half-written stays behind, however the program ends. It belongs to its owner alone
 * (mode 0600): packets are nobody else's business.
 */
#ifndef NST_ANALYZE_OUTPUT_H
#define NST_ANALYZE_OUTPUT_H

#include <stdbool.h>

struct output {
    int fd;
    const char *path; /* as the user gave it: for messages */
    char *target;     /* where a new file goes in the end; NULL: written in place */
    char *temporary;  /* its name until then; NULL: it has none */
};

/* "-" is standard output; a terminal is refused. STATUS_FAILED: said why. */
int output_open(struct output *out, const char *path);
/* Gives the file its name. STATUS_FAILED: said why, and there is no file. */
int output_commit(struct output *out);
/* Forgets a file that was not committed. */
void output_abort(struct output *out);

/* A file without a name for what does not fit in memory, in $TMPDIR or /var/tmp. -1: said why. */
int output_scratch(void);

#endif
