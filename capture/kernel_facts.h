/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running kernel has of what we use, asked and not concluded from its version. */
#ifndef NST_CAPTURE_KERNEL_FACTS_H
#define NST_CAPTURE_KERNEL_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "capture/drop_reasons.h"
#include "format/nstrail.h"

struct kernel_facts {
    struct drop_reasons *drop_reasons;
    bool kfree_has_reason;    /* skb:kfree_skb tells why... */
    bool kfree_has_sock;      /* ...and for which socket */
    uint32_t reason_consumed; /* the reason that means no drop, beside 0 */
    bool cmpxchg;             /* BPF programs can compare and exchange: since 5.12 */
    uint32_t dynptr;          /* BTF id of bpf_dynptr_from_skb, perhaps not for our programs; or 0 */
    bool attach_cookie;       /* bpf_get_attach_cookie() */
    bool kprobe_multi;
    bool kprobe_misses;       /* counts the kprobe programs that it skips */
    bool tracepoint[EV_PROBE_OTHER];       /* enum ev_probe: it has the tracepoint */
};

/* Fails when this kernel or this user cannot record at all, and says what is missing. */
int kernel_facts_read(struct kernel_facts *facts, struct nst_error *err);
void kernel_facts_free(struct kernel_facts *facts);

/* Which of the capabilities that BPF needs this process lacks, as words; NULL: none. */
const char *kernel_missing_capability(void);

#endif
