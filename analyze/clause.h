/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clauses that descriptions of interfaces and comments of packets share, see nstrail(1). */
#ifndef NST_ANALYZE_CLAUSE_H
#define NST_ANALYZE_CLAUSE_H

#include <stdio.h>

#include "format/nstrail.h"

/* "ns 0x1005/4026532177 (web)"; name may be NULL. */
void clause_netns(FILE *out, const struct nst_netns *netns, const char *name);
/* "if 2 (eth0)" */
void clause_device(FILE *out, uint32_t ifindex, const char *name);

#endif
