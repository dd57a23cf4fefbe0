/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pcap-filter(7) expressions, compiled by libpcap. */
#ifndef NST_CAPTURE_EXPRESSION_H
#define NST_CAPTURE_EXPRESSION_H

#include <stdbool.h>

#include "capture/classic.h"
#include "format/nstrail.h"

struct expression {
    struct classic_program ethernet;
    struct classic_program l3; /* no instructions: libpcap cannot... */
    struct nst_error l3_error; /* ...and says why */
};

/* <0: libpcap refuses it; its words and the place are in *err. */
int expression_compile(struct expression *expression, const char *text, struct nst_error *err);
void expression_free(struct expression *expression);

#endif
