/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How namespaces, devices and addresses are written in what `nstrail netns` prints. */
#ifndef NST_ANALYZE_NETNS_WORDS_H
#define NST_ANALYZE_NETNS_WORDS_H

#include <stdio.h>

#include "analyze/netns_report.h"

/* "0x1005/4026532177", or the inum alone. */
void words_netns(FILE *out, const struct nst_netns *netns);
/* A namespace as another one's text refers to it: its label, or words_netns(). */
void words_netns_label(FILE *out, const struct netns_report *r, unsigned host,
                       const struct nst_netns *netns, uint64_t ts_ns);
/* "10.0.0.1/24" */
void words_address(FILE *out, const struct nst_address *address);
/* "02:00:00:00:00:01" */
void words_mac(FILE *out, const struct nst_octets *mac);
/* "shop/web-7", a container's name, or the beginning of its id as docker shows it. */
void words_container(FILE *out, const struct nst_container *container);
/* When that span begins and ends: "+12.345" from the first event, "start": before that, "end":
 * it was so still then. */
void words_first(FILE *out, const struct netns_report *r, const struct report_netns *n,
                 uint64_t first_ts_ns, uint64_t last_ts_ns);
void words_last(FILE *out, const struct netns_report *r, const struct report_netns *n,
                uint64_t first_ts_ns, uint64_t last_ts_ns);

/* The device that another one leads to: a veth's other end, the one below; NULL: not known. */
const struct nst_known_device *words_link_device(const struct netns_report *r, unsigned host,
                                                 const struct nst_known_device *device);
/* Where that is: "web/eth0" after to_end for a veth, "eth0" after to_below for others. */
void words_link(FILE *out, const struct netns_report *r, unsigned host,
                const struct nst_known_device *device, const char *to_end, const char *to_below);

/* What RFC 2863 calls a device's state; NULL: not known. */
const char *words_operstate(uint8_t operstate);
/* Of no interest to somebody who asks where a namespace can be reached. */
bool words_is_local(const struct nst_address *address);

#endif
