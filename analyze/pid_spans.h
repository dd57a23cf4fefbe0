/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the processes that had a pid were, and from when until when. */
#ifndef NST_ANALYZE_PID_SPANS_H
#define NST_ANALYZE_PID_SPANS_H

#include "analyze/inventory.h"

struct pid_span {
    const struct nst_process *process; /* a row of the inventory */
    uint64_t since_ns, until_ns;       /* it was there, as far as anybody knows (CLOCK_MONOTONIC) */
};

/* By since_ns. NULL: no memory; the caller frees it. */
struct pid_span *pid_spans(const struct inventory *inv, uint64_t pid, size_t *count);

#endif
