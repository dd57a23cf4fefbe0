#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What Wireshark's own tools read in an export is what the database has of the same capture.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need tshark capinfos

network_pair
record export "$work/export.nst" || exit
in_ns client ping -q -c 20 -i 0.002 10.9.1.2 >/dev/null
sink server udp-sink 10.9.1.2 7001 100
traffic client udp-send 10.9.1.2 7001 100 100 5000 >/dev/null
end_sink
traffic client udp-send 10.9.1.2 7009 30 50 5000 >/dev/null
sink server tcp-sink 10.9.1.2 7003
traffic client tcp-send 10.9.1.2 7003 100000 >/dev/null
end_sink
retransmitted=$(in_ns client awk '$1 == "Tcp:" { n = $13 } END { print n }' /proc/net/snmp)
stop
import export "$work/export.nst" || exit

ours=(--netns "${prefix}client" --netns "${prefix}server")
ok 'export' "$bin/nstrail" export -w "$work/x.pcapng" "${ours[@]}" "$work/export.nst"
ok 'export --all-events' "$bin/nstrail" export --all-events -w "$work/all.pcapng" "${ours[@]}" \
    "$work/export.nst"

# fields FILE FIELD...: by tshark, one line a packet, with the full names of namespaces.
fields()
{
    local file=$1 args=() field
    shift
    for field; do
        args+=(-e "$field")
    done
    tshark -n -r "$file" -T fields -E separator=, -E occurrence=f "${args[@]}" 2>/dev/null |
        sed "s/$prefix\([a-z0-9]*\)/{\1}/g"
}

# same GOT WANTED DESCRIPTION: as files, because there are hundreds of lines.
same()
{
    ok "$3" diff "$work/$1" "$work/$2"
}

# Direction: tshark says 0x01 for received and 0x02 for sent.
selected="e.netns IN ('{client}', '{server}')"
ask "SELECT e.netns || '/' || e.dev, CASE e.probe WHEN 'net:netif_receive_skb' THEN '0x01'
        WHEN 'net:net_dev_start_xmit' THEN '0x02' ELSE '0x00' END,
        e.len_bytes, e.src, e.dst
    FROM v_event e WHERE $selected AND e.dev IS NOT NULL AND e.probe LIKE 'net:%'
        AND e.src IS NOT NULL ORDER BY e.ts_ns, e.id" >"$work/wanted"
tshark -n -r "$work/all.pcapng" -Y 'ip && !(frame.comment contains "kfree_skb")' -T fields \
    -E separator=, -E occurrence=f -e frame.interface_name -e frame.packet_flags_direction \
    -e frame.len -e ip.src -e ip.dst 2>"$work/tshark.words" |
    sed "s/$prefix\([a-z0-9]*\)/{\1}/g; s/0x0000000/0x0/" >"$work/got"
same got wanted 'interface, direction, length and addresses of every packet'

is "$(fields "$work/all.pcapng" frame.comment | grep -c .)" "$(events "${selected//e./}")" \
    'every packet has a comment'
ask "SELECT e.netns, e.dev, e.probe, count(*) FROM v_event e WHERE $selected
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3" | LC_ALL=C sort >"$work/wanted"
fields "$work/all.pcapng" frame.comment |
    sed -nE 's|^ns [^ ]* \(([^)]*)\)( if [0-9]+ \(([^)]*)\))?.* at ([^ ]*).*|\1,\3,\4|p' |
    LC_ALL=C sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2,\1/' >"$work/got"
same got wanted 'the comments name namespace, device and probe'

is "$(fields "$work/x.pcapng" frame.comment | grep -c 'drop NO_SOCKET')" \
    "$(events "drop_reason = 'NO_SOCKET' AND netns = '{server}'")" 'every drop is in it'
is "$(tshark -n -r "$work/x.pcapng" -Y 'udp.dstport == 7001' 2>/dev/null | wc -l)" 200 \
    'each datagram once where it was sent and once where it was received'
ok 'export of one device' "$bin/nstrail" export -w "$work/one.pcapng" "${ours[@]:0:2}" --dev c0 \
    "$work/export.nst"
is "$(tshark -n -r "$work/one.pcapng" -Y 'tcp.analysis.retransmission || tcp.analysis.duplicate_ack' \
    2>/dev/null | wc -l)" "$retransmitted" 'it shows no packet twice'

like "$(capinfos -T -r -c -E -m "$work/x.pcapng" | cut -f 2-)" 'ther' 'capinfos: Ethernet'
packets=$(capinfos -T -r -c -m -M "$work/all.pcapng" | grep -oE '[0-9]+$')
is "$packets" "$(events "${selected//e./}")" 'capinfos: as many packets as events'
ok 'editcap reads it' editcap -r "$work/x.pcapng" "$work/y.pcapng" 1-10
ok 'tcpdump reads it' tcpdump -nn -r "$work/x.pcapng" -w /dev/null

done_testing
