#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# VLAN tags: in a frame's bytes as it is sent, beside them once a bridge has taken them out, and
# with VLAN devices where the kernel has such. They belong to the packet in either place.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

count=100

network_vlan()
{
    add_ns client switch server && link client c0 switch p1 && link switch p2 server s0 &&
        ip -n "${prefix}switch" link add br0 type bridge 2>"$work/why" || return
    ip -n "${prefix}switch" link set p1 master br0 &&
        ip -n "${prefix}switch" link set p2 master br0 &&
        ip -n "${prefix}switch" link set br0 up
}

# vlan_device NS DEV ADDRESS
vlan_device()
{
    ip -n "$prefix$1" link add link "$2" name v42 type vlan id 42 2>/dev/null &&
        ip -n "$prefix$1" link set v42 up && address "$1" v42 "$3"
}

network_vlan || skip_all "no bridge here: $(cat "$work/why")"
mac=$(in_ns server cat /sys/class/net/s0/address)
vlan_devices=
vlan_device client c0 10.9.42.1/24 && vlan_device server s0 10.9.42.2/24 && vlan_devices=1

record vlan "$work/vlan.nst" || exit
traffic client vlan-send c0 "$mac" 77 $count >/dev/null
[ -z "$vlan_devices" ] ||
    ok 'ping over VLAN devices' in_ns client ping -q -c $count -i 0.002 10.9.42.2
sleep 0.2
stop
import vlan "$work/vlan.nst" || exit

is "$(ask "SELECT e.netns, e.dev, e.probe, e.len_bytes, p.vlan_tci, count(*)
        FROM v_event e JOIN event v ON v.id = e.id JOIN packet p ON p.id = v.packet_id
        WHERE (substr(p.bytes, 13, 2) = x'88B5'
                OR substr(p.bytes, 13, 6) = x'8100004D88B5')
            AND e.drop_reason IS NULL
            AND e.netns IN ('{client}', '{switch}', '{server}')
        GROUP BY 1, 2, 3, 4, 5 ORDER BY min(e.ts_ns)")" \
    "{client},c0,net:net_dev_start_xmit,64,,$count
{switch},p1,net:netif_receive_skb,64,,$count
{switch},p2,net:net_dev_start_xmit,60,77,$count
{server},s0,net:netif_receive_skb,60,77,$count" 'the tag is in the bytes, later beside them'
for place in client:c0 switch:p1 switch:p2 server:s0; do
    is "$(printed "$work/vlan.nst" --netns "$prefix${place%:*}" --dev "${place#*:}" \
        --probe net_dev_start_xmit --probe netif_receive_skb -f 'vlan 77')" $count \
        "the filter 'vlan 77' finds it at ${place#*:}"
done

if command -v tshark >/dev/null; then
    "$bin/nstrail" export -w "$work/vlan.pcapng" --netns "${prefix}switch" --dev p2 "$work/vlan.nst"
    is "$(tshark -n -r "$work/vlan.pcapng" -T fields -e vlan.id -e frame.len -Y vlan 2>/dev/null |
        sort | uniq -c | tr -s ' \t' ' ')" " $count 77 64" 'the export puts it back into the bytes'
else
    skip 'tshark is not installed' 'the export puts it back into the bytes'
fi

# Received once: the kernel goes round with the VLAN device behind that tracepoint.
if [ -n "$vlan_devices" ]; then
    is "$(ask "SELECT netns, dev, probe, count(*) FROM v_event WHERE protocol = 1
            AND src = '10.9.42.1' AND netns IN ('{client}', '{server}') AND drop_reason IS NULL
            GROUP BY 1, 2, 3 ORDER BY min(ts_ns)")" \
        "{client},v42,net:net_dev_start_xmit,$count
{client},c0,net:net_dev_start_xmit,$count
{server},s0,net:netif_receive_skb,$count" 'each ping at the VLAN device and below it'
else
    skip 'this kernel has no VLAN devices' 'each ping at the VLAN device and below it'
fi

done_testing
