/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread that makes things one after the other, a little before they are asked for. */
#ifndef NST_ANALYZE_AHEAD_H
#define NST_ANALYZE_AHEAD_H

#include <stddef.h>

struct ahead;

/*
 * make(context) is called count times, always by the same thread, and may answer NULL. discard()
 * is for what it made and nobody took. NULL: there is no such thread, for lack of memory or
 * because the system refuses one.
 */
struct ahead *ahead_start(void *(*make)(void *context), void (*discard)(void *thing), void *context,
                          size_t count);
/* The next thing; waits for it. To be called count times at most. */
void *ahead_take(struct ahead *a);
/* Waits until make() has returned, and frees. From then on the context is the caller's alone. */
void ahead_stop(struct ahead *a);

#endif
