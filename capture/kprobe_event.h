/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A kprobe or kretprobe as a perf event, which a BPF program can be attached to. */
#ifndef NST_CAPTURE_KPROBE_EVENT_H
#define NST_CAPTURE_KPROBE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* The type of such events; <0: this kernel has no kprobes. */
int kprobe_event_type(void);

/* At a function's entry or return: of the function of that name (the kernel refuses one that
 * several have, since 6.6), or at the address if function is NULL. A descriptor, or negative errno.
 */
int kprobe_event_open(int type, const char *function, uint64_t address, bool at_return);

/* Runs the program, which may then ask for the cookie: a BPF link, or negative errno. cookie NULL:
 * it has none, as before Linux 5.15, which has no such links; then 0, and it runs for as long as
 * the event is open. */
int kprobe_event_attach(int event, int program, const uint64_t *cookie);

#endif
