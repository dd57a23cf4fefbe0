/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads captures into a database's tables. */
#ifndef NST_ANALYZE_IMPORT_H
#define NST_ANALYZE_IMPORT_H

#include "analyze/db.h"
#include "analyze/input.h"

struct import_hooks {
    /* Called every few thousand events and between the phases; not 0: give up. phase: NULL while
     * events are read. */
    int (*progress)(void *context, const char *phase, uint64_t events);
    void *context;
};

/* All of the input into the open transaction, indexes included. 0 or SQLite's code; events: how
 * many rows of them there are more. */
int import_run(const struct import_hooks *hooks, struct db *db, struct input *in, uint64_t *events);

#endif
