/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kinds of probes in words. Readers must expect kinds that they do not know. */
#ifndef NST_ANALYZE_PROBE_KIND_H
#define NST_ANALYZE_PROBE_KIND_H

#include <stdint.h>

/* "raw_tracepoint", as Retis's JSON has it. NULL: the kind is not known. */
const char *probe_kind_name(uint32_t kind);
/* "tp", as Retis's text has it; "?". */
const char *probe_kind_letters(uint32_t kind);
/* "kprobe:" and its like, as the recorder's -p takes them, and the symbol after it. 0: the text
 * begins with none. */
uint32_t probe_kind_of_prefix(const char *text, const char **symbol);

#endif
