/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the fuzzers share. Each has libFuzzer's entry point and is built either with it or with
 * replay.c, which runs the files it is given: see README.md.
 */
#ifndef NST_TESTS_FUZZ_H
#define NST_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks at every byte of a loaded block and aborts where it breaks a promise of nstrail.h:
 * what is out of bounds is the sanitizer's to find. packets: they were loaded. */
void fuzz_look_at(const struct nst_block *block);

/* A file in memory with these bytes, standing at its start. */
int fuzz_file(const uint8_t *data, size_t size);

/* Input of decode_meta and decode_packets: an events block's frames, not compressed.
 *   events u16 (minus 1), expanded bytes u32, length of the META frame u32, META, PKT */
enum { FUZZ_EVENTS = 0, FUZZ_EXPANDED = 2, FUZZ_META_LENGTH = 6, FUZZ_HEAD_SIZE = 10 };

#endif
