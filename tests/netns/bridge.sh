#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Three namespaces on a bridge in a fourth: each packet is seen at both ports of the bridge, and one
# that it floods comes to each of the others from there.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=$(scaled 2000) pings=$(scaled 50)

# Without snooping: for that the bridge joins a group, and tells of it when it wants to, perhaps when
# it is just down and such a packet is but one more of tx_dropped.
network_bridge()
{
    add_ns client switch server other && link client c0 switch p1 &&
        link switch p2 server s0 && link switch p3 other o0 &&
        ip -n "${prefix}switch" link add br0 type bridge mcast_snooping 0 2>"$work/why" || return
    ip -n "${prefix}switch" link set p1 master br0 &&
        ip -n "${prefix}switch" link set p2 master br0 &&
        ip -n "${prefix}switch" link set p3 master br0 &&
        ip -n "${prefix}switch" link set br0 up &&
        address client c0 10.9.1.1/24 && address server s0 10.9.1.2/24 &&
        address other o0 10.9.1.3/24
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
in_ns client ping -q -c 1 -W 1 10.9.1.9 >/dev/null # of whom client asks all others
quiet client switch server other
stop
import bridge "$work/bridge.nst" || exit

lost_nothing bridge
as_counted bridge client switch server other
is "$(ask "SELECT netns, dev, probe, count(*) FROM v_event WHERE dport = 7001 AND protocol = 17
        GROUP BY 1, 2, 3 ORDER BY min(ts_ns)")" \
    "{client},c0,net:net_dev_start_xmit,$count
{switch},p1,net:netif_receive_skb,$count
{switch},p2,net:net_dev_start_xmit,$count
{server},s0,net:netif_receive_skb,$count" 'each datagram at each device'
is "$(ask "SELECT path, events, hops, drops, count(*) FROM v_journey
        WHERE dport = 7001 AND protocol = 17 GROUP BY 1, 2, 3, 4")" \
    "{client} > {switch} > {server},4,3,0,$count" 'one journey a datagram'
is "$(ask 'SELECT DISTINCT from_netns, to_netns FROM v_transition ORDER BY 1, 2')" \
    '{client},{switch}
{server},{switch}
{switch},{client}
{switch},{other}
{switch},{server}' 'what goes to all comes to each from the bridge'

done_testing
