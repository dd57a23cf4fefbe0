#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# 100,000 equal UDP packets, which reuse a few hundred buffers, are 100,000 journeys from the
# client to the server, each with both of its hops.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 100000)
network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2

for attach in tp_btf raw_tp; do
    record $attach "$work/journeys.nst" --attach $attach || continue
    sink server udp-sink 10.9.1.2 7001 $count
    traffic client udp-send 10.9.1.2 7001 $count 64 50000 >/dev/null
    end_sink
    stop
    is "$sunk" $count "$attach: all arrived"
    import "$attach" "$work/journeys.nst" || continue

    lost_nothing $attach
    is "$(ask "SELECT netns, probe, count(*) FROM v_event WHERE dport = 7001 AND protocol = 17
            AND netns IN ('{client}', '{server}') GROUP BY 1, 2 ORDER BY 1")" \
        "{client},net:net_dev_start_xmit,$count
{server},net:netif_receive_skb,$count" "$attach: each was sent and received"
    is "$(ask "SELECT path, events, hops, drops, count(*) FROM v_journey
            WHERE dport = 7001 AND protocol = 17 AND path LIKE '%{client}%' GROUP BY 1, 2, 3, 4")" \
        "{client} > {server},2,2,0,$count" "$attach: each is a journey of its own"
    is "$(ask "SELECT count(*) FROM v_transition
            WHERE dport = 7001 AND NOT latency_ns BETWEEN 0 AND 60e9")" 0 \
        "$attach: no hop takes a negative or an absurd time"
done

done_testing
