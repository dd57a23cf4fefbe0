/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What nstrail-capture says to people (stderr) and to its caller (the exit status). */
#ifndef NST_CAPTURE_MESSAGE_H
#define NST_CAPTURE_MESSAGE_H

/* See EXIT STATUS in nstrail-capture(8). */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,  /* misused, or nothing could be recorded */
    STATUS_PARTIAL = 2, /* events were lost to the disk */
};

/* Once, first of all: a write that fails because the reader went away, or the file may not grow, is
 * no reason to be killed. */
void message_begin(void);

/* "nstrail-capture: words", with what is unprintable in them escaped. Answers STATUS_FAILED, so
 * that a caller can return it. */
int message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for what is no failure. */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes what was printed and finds out whether all of it arrived. A reader that went away is no
 * failure: then, as with everything else that is well, status is passed through. */
int message_close_stdout(int status);

/* libbpf's own words: all of them, or none. */
void message_libbpf(int verbose);

#endif
