/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What nstrail says to people (stderr) and to its caller (the exit status). */
#ifndef NST_ANALYZE_MESSAGE_H
#define NST_ANALYZE_MESSAGE_H

#include <stdbool.h>

/* Ordered: the worst of a run is its exit status. See EXIT STATUS in nstrail(1). */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,  /* nothing could be done, or it was asked for wrongly */
    STATUS_PARTIAL = 2, /* done in part: damage was stepped over */
};

/* "nstrail: FILE: reason" with what is unprintable in it escaped; file may be NULL. Answers
 * STATUS_FAILED, so that a caller can return it. */
int message_error(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what is no failure. */
void message_warn(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The letter that a noun has for more or fewer than one. */
#define MESSAGE_PLURAL(count) ((count) == 1 ? "" : "s")

/* Whether a line that has no end yet, and will be drawn again, stands on standard error: the
 * next message takes its place. */
void message_line_open(bool open);

/* Once, first of all: a write that fails because the reader went away, or the file may not grow, is
 * no reason to be killed. */
void message_begin(void);

/* Flushes stdout and finds out whether all of it arrived. A reader that went away (EPIPE) is
 * no failure: then, as with everything else that is well, status is passed through. */
int message_close_stdout(int status);

#endif
