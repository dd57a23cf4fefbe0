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

/* "nstrail-capture: words", with what is unprintable in them escaped. Answers STATUS_FAILED, so
 * that a caller can return it. */
int message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for what is no failure. */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* libbpf's own words: all of them, or none. */
void message_libbpf(int verbose);

#endif
