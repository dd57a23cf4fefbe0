/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the running kernel and its modules have that a probe can be put on: tracepoints and
 * functions with a struct sk_buff among their parameters, as their BTF tells.
 */
#ifndef NST_CAPTURE_TARGETS_H
#define NST_CAPTURE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/nstrail.h"

struct target {
    char *name;
    const char *group; /* of a tracepoint; NULL: it is not known. Of a function NULL */
    uint32_t btf_id;   /* what tp_btf and fentry attach to; 0: it is a module's */
    uint8_t skb;       /* which parameter it is, from 0 */
    uint8_t netns;     /* which one is a struct net or net_device, plus 1; 0: none */
    uint8_t sock;      /* likewise a struct sock */
    bool netns_is_device;
    bool tracepoint;
};

struct targets;

/* Where the kernel describes itself. */
#define TARGETS_FOLDER "/sys/kernel/btf"

/* folder: BTF of the kernel, "vmlinux", and of each module. */
int targets_read(struct targets **targets, const char *folder, struct nst_error *err);
void targets_free(struct targets *targets);

/* All of them: tracepoints by group and name, then functions by name. */
const struct target *targets_list(const struct targets *targets, size_t *count);
/* Whether groups of tracepoints were read from tracefs, or are those that we know. */
bool targets_have_tracefs(const struct targets *targets);
/* Whether there is a function of that name at all, with an skb or not. */
bool targets_have_function(const struct targets *targets, const char *name);

#endif
