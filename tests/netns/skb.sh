#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What an skb says beside its bytes (--skb), compared with what was asked of the kernel: marks,
# priorities, a large segment and what is said of its checksum, who refers to it, and its hash.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

add_ns client server && with_ipv6 client server && link client c0 server s0
address client c0 10.9.1.1/24 fd09:1::1/64
address server s0 10.9.1.2/24 fd09:1::2/64
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
record skb "$work/skb.nst" --skb || exit
ok 'marked packets' in_ns client ping -q -c 3 -i 0.002 -m 4660 10.9.1.2
# The kernel makes a priority of the type of service: TC_PRIO_INTERACTIVE is 6.
ok 'packets of a priority' in_ns client ping -q -c 2 -i 0.002 -Q 0x10 10.9.1.2
sink server tcp-sink 10.9.1.2 7001
traffic client tcp-send 10.9.1.2 7001 200000 >/dev/null
end_sink
is "$sunk" 200000 'what TCP sent arrived'
sink server tcp-sink fd09:1::2 7002
traffic client tcp-send fd09:1::2 7002 200000 >/dev/null
end_sink
is "$sunk" 200000 'what TCP sent by IPv6 arrived'
stop
import skb "$work/skb.nst" || exit
lost_nothing skb

sent="netns = '{client}' AND dev = 'c0' AND probe = 'net:net_dev_start_xmit'"
arrived="netns = '{server}' AND dev = 's0' AND probe = 'net:netif_receive_skb'"
is "$(ask 'SELECT count(*) FROM v_event e LEFT JOIN skb s ON s.event_id = e.id
    WHERE s.event_id IS NULL')" 0 'all events have it'
is "$(ask "SELECT count(*) FROM v_skb WHERE $sent AND mark = 4660")" 3 'the mark of what was marked'
# A mark does not leave its namespace.
is "$(ask "SELECT count(*) FROM v_skb WHERE $arrived AND mark = 4660")" 0 'the mark stays behind'
is "$(ask "SELECT count(*) FROM v_skb WHERE $sent AND priority = 6")" 2 'the priority of its type'
is "$(ask "SELECT count(*) > 0, min(checksum), max(checksum), sum(gso_size_bytes * gso_segs
        < len_bytes - 66) FROM v_skb WHERE $sent AND gso_segs > 1 AND protocol = 2048")" \
    '1,partial,partial,0' 'TCP hands large segments to the device, without their checksums'
is "$(ask "SELECT sum(s.data_len_bytes > s.len_bytes), sum(s.users < 1), sum(s.dataref < 1),
    min(s.protocol), max(s.protocol) FROM skb s JOIN v_event e ON e.id = s.event_id
    WHERE e.$sent AND e.src = '10.9.1.1'")" 0,0,0,2048,2048 'lengths, references, protocol'
# SKB_GSO_TCPV4 and SKB_GSO_TCPV6.
is "$(ask "SELECT protocol, min(gso_type & 17), max(gso_type & 17) FROM v_skb
    WHERE $sent AND gso_segs > 1 GROUP BY 1 ORDER BY 1")" '2048,1,1
34525,16,16' 'of which type the segments are'
ping="s.event_id IN (SELECT id FROM v_event WHERE $sent AND protocol = 1 AND src = '10.9.1.1')"
is "$(ask "SELECT count(*), count(s.gso_type), count(s.gso_size_bytes), min(s.users), max(s.users),
    min(s.dataref), max(s.dataref), max(s.payload_dataref), max(s.cloned) FROM skb s
    WHERE $ping")" 5,0,0,1,1,1,1,0,0 'a ping has no segments, and its skb is all that there is'
# TCP keeps the data until it is acknowledged, and sends a clone.
is "$(ask "SELECT count(*) > 0, min(s.users), max(s.users), min(s.dataref), min(s.payload_dataref),
    min(s.cloned) FROM skb s WHERE s.event_id IN (SELECT id FROM v_event
        WHERE $sent AND protocol = 6 AND src = '10.9.1.1' AND len_bytes > 100)")" 1,1,1,2,1,1 \
    'TCP keeps what it sends: its data is referred to twice'

# IPv6 makes the flow label of the hash: of its halves in turn, as bytes in memory.
# label HASH
label()
{
    printf '%X%02X%02X\n' $(($1 >> 24 & 15)) $(($1 & 255)) $(($1 >> 8 & 255))
}

labels=$(ask "SELECT DISTINCT s.hash, substr(hex(substr(p.bytes, 15, 4)), 4) FROM skb s
    JOIN v_event v ON v.id = s.event_id JOIN event e ON e.id = s.event_id
    JOIN packet p ON p.id = e.packet_id
    WHERE v.$sent AND v.src = 'fd09:1::1' AND v.dport = 7002")
ok 'TCP packets of IPv6 have a hash' test "${labels%%,*}" -gt 0
while IFS=, read -r hash said; do
    is "$(label "$hash")" "$said" 'the hash is that of the flow label'
done <<<"$labels"

ours=(--netns "${prefix}client" --dev c0)
is "$("$bin/nstrail" print --format single-line "${ours[@]}" "$work/skb.nst" |
    grep 'net:net_dev_start_xmit' | grep -c ' skb \[csum .*mark 0x1234')" 3 'print'
"$bin/nstrail" export -w "$work/x.pcapng" "${ours[@]}" "$work/skb.nst"
if command -v tshark >/dev/null; then
    # Bit 9: the checksum is not made yet, bit 11: TCP segments are to be made.
    is "$(tshark -n -r "$work/x.pcapng" -Y 'frame.packet_flags & 0x800' 2>/dev/null | wc -l)" \
        "$(ask "SELECT count(*) FROM v_skb WHERE netns = '{client}' AND dev = 'c0'
            AND gso_size_bytes")" 'tshark: large segments'
    is "$(tshark -n -r "$work/x.pcapng" -Y 'frame.comment contains "mark 0x1234"' 2>/dev/null |
        wc -l)" 3 'tshark: marks in the comments'
else
    skip 'tshark is not installed' 'tshark'
fi

record plain "$work/plain.nst" || exit
in_ns client ping -q -c 1 10.9.1.2 >/dev/null
stop
import plain "$work/plain.nst" || exit
is "$(ask 'SELECT count(*) > 0, (SELECT count(*) FROM skb) FROM v_event')" 1,0 'only when asked for'

done_testing
