/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How often the kernel passed over programs and probes. */
#ifndef NST_CAPTURE_MISSES_H
#define NST_CAPTURE_MISSES_H

#include <stdbool.h>
#include <stdint.h>

/* A program that would have interrupted itself; fd <0: there is none. false: this kernel does not
 * count that (it does since 5.12). */
bool misses_of_program(int fd, uint64_t *misses);

/* Probes of a link of kprobes, because their CPU was busy with another or too many calls were under
 * way to their returns. 0 before Linux 6.7, which does not count that. multi: it is kprobe.multi's.
 */
uint64_t misses_of_link(int fd, bool multi);

#endif
