/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the recorder and the process that scans for it say to each other: one message a packet of
 * their socket pair, of at most CHANNEL_BYTES. */
#ifndef NST_CAPTURE_INVENTORY_CHANNEL_H
#define NST_CAPTURE_INVENTORY_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/inventory/facts.h"
#include "capture/inventory/scanner.h"
#include "format/bytes.h"
#include "format/frame.h"

#define CHANNEL_BYTES 49152

/* The first byte of a message. */
enum channel_message {
    /* To the scanner. */
    CHANNEL_SIGHT,  /* an event told of a namespace */
    CHANNEL_AGAIN,  /* all that is known once more, for a new file */
    CHANNEL_FINISH, /* a last scan; then CHANNEL_FINISHED */
    /* To the recorder. */
    CHANNEL_ROWS,
    CHANNEL_COUNTS,
    CHANNEL_FINISHED,
};

struct channel_counts {
    uint64_t limit, left_out, unread, full;
};

void channel_put_sight(struct buffer *b, const struct scanner_sight *sight);
bool channel_take_sight(struct cursor *c, struct scanner_sight *sight);

void channel_put_counts(struct buffer *b, const struct channel_counts *counts);
bool channel_take_counts(struct cursor *c, struct channel_counts *counts);

/* One after the other, behind CHANNEL_ROWS. */
void channel_put_row(struct buffer *b, const struct fact *fact);
/* Its strings are in the message. False: the message is not ours, or at its end. */
bool channel_take_row(struct cursor *c, struct row *row);

#endif
