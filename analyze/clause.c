/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "analyze/clause.h"

#include <inttypes.h>

#include "analyze/escape.h"

void clause_netns(FILE *out, const struct nst_netns *netns, const char *name)
{
    fputs("ns ", out);
    if (netns->cookie)
        fprintf(out, "0x%" PRIx64 "/", netns->cookie);
    fprintf(out, "%" PRIu32, netns->inum);
    if (name) {
        fputs(" (", out);
        escape_percent(out, name);
        fputs(")", out);
    }
}

void clause_device(FILE *out, uint32_t ifindex, const char *name)
{
    fprintf(out, "if %" PRIu32 " (", ifindex);
    escape_percent(out, name);
    fputs(")", out);
}
