#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Two namespaces on a bridge in a third: each packet is seen at both ports of the bridge.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 2000) pings=$(scaled 50)

# Without snooping: for that the bridge joins a group, and tells of it when it wants to, perhaps when
# it is just down and such a packet is but one more of tx_dropped.
network_bridge()
{
    add_ns client switch server && link client c0 switch p1 && link switch p2 server s0 &&
        ip -n "${prefix}switch" link add br0 type bridge mcast_snooping 0 2>"$work/why" || return
    ip -n "${prefix}switch" link set p1 master br0 &&
        ip -n "${prefix}switch" link set p2 master br0 &&
        ip -n "${prefix}switch" link set br0 up &&
        address client c0 10.9.1.1/24 && address server s0 10.9.1.2/24
}

record bridge "$work/bridge.nst" || exit
if ! network_bridge; then
    skip_all "no bridge here: $(cat "$work/why")"
fi
ok 'ping' in_ns client ping -q -c $pings -i 0.002 10.9.1.2
sink server udp-sink 10.9.1.2 7001 $count
traffic client udp-send 10.9.1.2 7001 $count 100 20000 >/dev/null
end_sink
is "$sunk" $count 'all arrived'
quiet client switch server
stop
import bridge "$work/bridge.nst" || exit

lost_nothing bridge
as_counted bridge client switch server
is "$(ask "SELECT netns, dev, probe, count(*) FROM v_event WHERE dport = 7001 AND protocol = 17
        GROUP BY 1, 2, 3 ORDER BY min(ts_ns)")" \
    "{client},c0,net:net_dev_start_xmit,$count
{switch},p1,net:netif_receive_skb,$count
{switch},p2,net:net_dev_start_xmit,$count
{server},s0,net:netif_receive_skb,$count" 'each datagram at each device'
is "$(ask "SELECT path, events, hops, drops, count(*) FROM v_journey
        WHERE dport = 7001 AND protocol = 17 GROUP BY 1, 2, 3, 4")" \
    "{client} > {switch} > {server},4,3,0,$count" 'one journey a datagram'

done_testing
