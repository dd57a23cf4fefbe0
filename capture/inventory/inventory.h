/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who the namespaces are, for the file. A process of its own looks at the host; here is the
 * recorder's end, which never waits for it while it records.
 */
#ifndef NST_CAPTURE_INVENTORY_INVENTORY_H
#define NST_CAPTURE_INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/inventory/row.h"
#include "capture/inventory/scanner.h"
#include "format/nstrail.h"

struct inventory;

/* Starts the process: before there is anything that it should not inherit. */
int inventory_start(struct inventory **inventory, const struct scanner_options *options,
                    struct nst_error *err);
/* Ends it. */
void inventory_free(struct inventory *inventory);

/* Readable when it has something to say, see inventory_take(); -1: it is gone. */
int inventory_fd(const struct inventory *inventory);

/* An event told of a namespace, or of a device of it, for the first time. While it is busy it hears
 * that later, see inventory_remind(). */
void inventory_seen(struct inventory *inventory, const struct scanner_sight *sight);
/* To be called now and then: says what could not be said yet. */
void inventory_remind(struct inventory *inventory);

/* Takes what it has to say. */
void inventory_take(struct inventory *inventory);
/* From now on each row that it says goes to hear() too, as long as the call. */
void inventory_listen(struct inventory *inventory,
                      void (*hear)(void *context, const struct row *row), void *context);
/* Waits until it has looked at everything once, but not longer than that. */
void inventory_wait(struct inventory *inventory, uint64_t most_ns);

/* A new file begins, or rows of this one were lost: everything will be said once more. */
void inventory_again(struct inventory *inventory);

/* The recording is over: waits for a last scan, as long as that may take. */
void inventory_finish(struct inventory *inventory);

/* Rows wait to be written; so many that they should be now. */
bool inventory_pending(const struct inventory *inventory);
bool inventory_full(const struct inventory *inventory);
/* Writes them. False: some could not be written, and are lost, as events would be. */
bool inventory_write(struct inventory *inventory, struct nst_writer *writer);

struct inventory_counts {
    uint64_t limit, left_out, unread; /* see the counters inventory.* in format/nstrail.5 */
    uint64_t full, unheard;
};

/* False: it has told nothing yet. */
bool inventory_counts(const struct inventory *inventory, struct inventory_counts *counts);

#endif
