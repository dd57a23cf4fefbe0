#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# VLAN tags: in the frame's bytes when it is sent and received, beside them once the kernel has
# taken them out, and with VLAN devices where the kernel has such.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=100

network_pair
mac=$(in_ns server cat /sys/class/net/s0/address)
vlan_devices=1
for peer in client:c0 server:s0; do
    ip -n "$prefix${peer%:*}" link add link "${peer#*:}" name "v42" type vlan id 42 \
        2>/dev/null && ip -n "$prefix${peer%:*}" link set v42 up || vlan_devices=
done

record vlan "$work/vlan.nst" || exit
traffic client vlan-send c0 "$mac" 77 $count >/dev/null
if [ -n "$vlan_devices" ]; then
    address client v42 10.9.42.1/24
    address server v42 10.9.42.2/24
    ok 'ping over VLAN devices' in_ns client ping -q -c $count -i 0.002 10.9.42.2
fi
sleep 0.2
stop
import vlan "$work/vlan.nst" || exit

# Nobody in the server knows VLAN 77: a received frame of it is dropped, its tag put aside.
is "$(ask "SELECT netns, dev, probe, len_bytes, count(*) FROM v_event
        WHERE netns IN ('{client}', '{server}') AND id IN (SELECT e.id FROM event e
            JOIN packet p ON p.id = e.packet_id WHERE hex(p.bytes) LIKE '%88B5%')
        GROUP BY 1, 2, 3, 4 ORDER BY min(ts_ns)")" \
    "{client},c0,net:net_dev_start_xmit,64,$count
{server},s0,net:netif_receive_skb,64,$count
{server},s0,skb:kfree_skb,46,$count" 'tagged frames: sent, received, dropped'
for who in client server; do
    is "$(printed "$work/vlan.nst" --netns "$prefix$who" -f 'vlan 77')" \
        "$(events "netns = '{$who}' AND len_bytes IN (46, 60, 64)")" \
        "the filter 'vlan 77' finds them all at the $who, wherever the tag was"
done

if [ -n "$vlan_devices" ]; then
    is "$(ask "SELECT netns, dev, probe, count(*) FROM v_event WHERE protocol = 1
            AND src = '10.9.42.1' AND drop_reason IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC")" \
        "{client},v42,net:net_dev_start_xmit,$count
{client},c0,net:net_dev_start_xmit,$count
{server},v42,net:netif_receive_skb,$count
{server},s0,net:netif_receive_skb,$count" 'each ping at the VLAN device and below it'
    is "$(printed "$work/vlan.nst" --netns "${prefix}client" --dev c0 \
        --probe net_dev_start_xmit -f 'vlan 42 and icmp')" "$count" 'with its tag below it'
else
    skip 'this kernel has no VLAN devices' 'each ping at the VLAN device and below it'
fi

done_testing
