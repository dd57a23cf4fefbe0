/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Translated filters, run: by an interpreter that trusts nothing, and by the kernel. */
#ifndef NST_TESTS_FILTER_RUN_H
#define NST_TESTS_FILTER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/classic.h"
#include "format/nstrail.h"

struct filter_run;

/* NULL: it cannot be translated, and *err says why. */
struct filter_run *filter_run_new(const struct classic_program *program, struct nst_error *err);
void filter_run_free(struct filter_run *run);

/* Of a packet, this is the most that it says it looks at. */
uint32_t filter_run_bytes(const struct filter_run *run);

/* 1 or 0; <0: it does what a filter must not. */
int filter_run_here(const struct filter_run *run, const uint8_t *bytes, uint32_t caplen,
                    uint32_t len);

/* Loads it; false: the kernel does not take it, and errno is set. */
bool filter_run_load(struct filter_run *run);
/* As filter_run_here(), once it is loaded. */
int filter_run_in_kernel(const struct filter_run *run, const uint8_t *bytes, uint32_t caplen,
                         uint32_t len);

#endif
