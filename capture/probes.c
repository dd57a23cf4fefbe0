/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "config.h"

#include "capture/probes.h"

const struct probe probes[EV_PROBES] = {
    [EV_PROBE_RECEIVE] = {"net:netif_receive_skb", "netif_receive_skb", "receive", true},
    [EV_PROBE_XMIT] = {"net:net_dev_start_xmit", "net_dev_start_xmit", "xmit", true},
    [EV_PROBE_KFREE] = {"skb:kfree_skb", "kfree_skb", "kfree", true},
    [EV_PROBE_CONSUME] = {"skb:consume_skb", "consume_skb", "consume", true},
    /* Not in a kernel without TCP. */
    [EV_PROBE_TCP_PROBE] = {"tcp:tcp_probe", "tcp_probe", "tcp_probe", false},
};
