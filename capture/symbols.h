/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's functions by name and address, as /proc/kallsyms tells who may know. */
#ifndef NST_CAPTURE_SYMBOLS_H
#define NST_CAPTURE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct symbols;

/* Reads all of them now: later the right to do so may be gone. -EPERM: all addresses read as 0. */
int symbols_read(struct symbols **symbols, struct nst_error *err);
void symbols_free(struct symbols *symbols);

/* The function that the address is in, and its own address; NULL: in none. */
const char *symbols_find(const struct symbols *symbols, uint64_t address, uint64_t *start);
/* Addresses of the functions of that name: static ones may share it. How many there are; *all
 * are theirs, and live as long as symbols. */
size_t symbols_named(struct symbols *symbols, const char *name, const uint64_t **all);

#endif
