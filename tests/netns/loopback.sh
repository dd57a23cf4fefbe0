#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A namespace that talks to itself, by an address of lo and by one of another device of its.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 2000) pings=50

record loopback "$work/lo.nst" || exit
network_pair
ok 'ping 127.0.0.1' in_ns client ping -q -c $pings -i 0.002 127.0.0.1
sink client udp-sink 10.9.1.1 7001 $count
traffic client udp-send 10.9.1.1 7001 $count 100 20000 >/dev/null
end_sink
is "$sunk" $count 'all arrived'
quiet client server
stop
import loopback "$work/lo.nst" || exit

lost_nothing lo
as_counted lo client
is "$(ask "SELECT netns, dev, probe, count(*) FROM v_event WHERE dport = 7001 AND protocol = 17
        GROUP BY 1, 2, 3 ORDER BY min(ts_ns)")" \
    "{client},lo,net:net_dev_start_xmit,$count
{client},lo,net:netif_receive_skb,$count" 'each datagram, all of them on lo'
is "$(ask "SELECT path, events, hops, drops, count(*) FROM v_journey
        WHERE dport = 7001 AND protocol = 17 GROUP BY 1, 2, 3, 4")" \
    "{client},2,1,0,$count" 'one journey a datagram, in one namespace'
is "$(events "netns = '{client}' AND protocol = 1 AND drop_reason IS NULL")" $((4 * pings)) \
    'requests and replies, sent and received'

done_testing
