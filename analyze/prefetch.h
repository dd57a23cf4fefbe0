/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A thread that makes things one after the other, a few of them ahead of who takes them. */
#ifndef NST_ANALYZE_PREFETCH_H
#define NST_ANALYZE_PREFETCH_H

#include <stddef.h>

struct prefetch;

/*
 * make(context) is called count times, always by the same thread, and may answer NULL. discard()
 * is for what it made and nobody took. NULL: there is no such thread, for lack of memory or
 * because the system refuses one.
 */
struct prefetch *prefetch_start(void *(*make)(void *context), void (*discard)(void *thing),
                                void *context, size_t count);
/* The next thing; waits for it. To be called count times at most. */
void *prefetch_take(struct prefetch *p);
/* Waits until make() has returned, and frees. From then on the context is the caller's alone. */
void prefetch_stop(struct prefetch *p);

#endif
