#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What Wireshark's own tools read in an export is what the database has of the same capture.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need tshark capinfos

add_ns client server
with_ipv6 client server
link client c0 server s0
address client c0 10.9.1.1/24 fd09:1::1/64
address server s0 10.9.1.2/24 fd09:1::2/64
record export "$work/export.nst" || exit
in_ns client ping -q -c 20 -i 0.002 10.9.1.2 >/dev/null
in_ns client ping -q -c 20 -i 0.002 fd09:1::2 >/dev/null
sink server udp-sink 10.9.1.2 7001 100
traffic client udp-send 10.9.1.2 7001 100 100 5000 >/dev/null
end_sink
traffic client udp-send 10.9.1.2 7009 30 50 5000 >/dev/null
traffic client udp-send fd09:1::2 7009 20 50 5000 >/dev/null
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
    tshark -n -r "$file" -T fields -E separator=, -E occurrence=f "${args[@]}" 2>"$work/tshark.words" |
        sed "s/$prefix\([a-z0-9]*\)/{\1}/g"
}

# same GOT WANTED DESCRIPTION: as files, because there are hundreds of lines.
same()
{
    ok "$3" diff "$work/$1" "$work/$2"
}

# Direction: tshark says 0x01 for received, 0x02 for sent, nothing for neither. What began with its
# IP header has an Ethernet header more.
selected="e.netns IN ('{client}', '{server}')"
ask "SELECT e.netns || coalesce('/' || e.dev, ''),
        CASE e.probe WHEN 'net:netif_receive_skb' THEN '0x01' WHEN 'net:net_dev_start_xmit' THEN '0x02' END,
        e.len_bytes + iif(k.layer = 3, 14, 0), printf('0x%04x', k.ethertype),
        iif(k.family = 4, e.src, NULL), iif(k.family = 4, e.dst, NULL),
        iif(k.family = 6, e.src, NULL), iif(k.family = 6, e.dst, NULL)
    FROM v_event e JOIN event USING(id) JOIN packet k ON k.id = packet_id
    WHERE $selected ORDER BY e.ts_ns, e.id" >"$work/wanted"
fields "$work/all.pcapng" frame.interface_name frame.packet_flags_direction frame.len eth.type \
    ip.src ip.dst ipv6.src ipv6.dst | sed 's/,0x0000000/,0x0/' >"$work/got"
same got wanted 'interface, direction, length, protocol and addresses of every packet'
for kind in 0x0800 0x86dd 0x0806; do
    ok "some of them are $kind" grep -q ",$kind," "$work/got"
done
ok 'and some were dropped' grep -qE '^[^,]*,,' "$work/got"

# percent TEXT: SQL for it as comments have it.
percent()
{
    echo "(WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < length($1)),
        c(c) AS (SELECT substr($1, n, 1) FROM i)
        SELECT group_concat(iif(c GLOB '[-A-Za-z0-9._:/]', c, printf('%%%02X', unicode(c))), '')
        FROM c)"
}

# Clauses in the manual's order; what is not known of a packet has none.
ask "SELECT 'ns ' || coalesce(printf('0x%x/', n.cookie), '') || n.inum || ' (' || n.name || ')'
        || coalesce(' if ' || e.ifindex || ' (' || e.dev || ')', '')
        || coalesce(' rxif ' || e.rx_ifindex, '') || ' at ' || e.probe
        || coalesce(' track ' || printf('0x%x', j.track), '')
        || coalesce(' drop ' || e.drop_reason, '')
        || coalesce(' pid ' || e.pid || iif(e.tgid = e.pid, '', '/' || e.tgid)
            || ' (' || $(percent e.comm) || ')', '')
    FROM v_event e JOIN event ON event.id = e.id JOIN netns n ON n.id = event.netns_id
    LEFT JOIN journey j ON j.id = e.journey_id
    WHERE $selected ORDER BY e.ts_ns, e.id" >"$work/wanted"
fields "$work/all.pcapng" frame.comment >"$work/got"
same got wanted 'the whole comment of every packet'
for clause in if rxif at track drop pid; do
    ok "some of them say $clause" grep -q " $clause " "$work/got"
done

is "$(fields "$work/x.pcapng" frame.comment | grep -c 'drop NO_SOCKET')" \
    "$(events "drop_reason = 'NO_SOCKET' AND netns = '{server}'")" 'every drop is in it'
is "$(tshark -n -r "$work/x.pcapng" -Y 'udp.dstport == 7001' 2>/dev/null | wc -l)" 200 \
    'each datagram once where it was sent and once where it was received'
ok 'export of one device' "$bin/nstrail" export -w "$work/one.pcapng" "${ours[@]:0:2}" --dev c0 \
    "$work/export.nst"
is "$(tshark -n -r "$work/one.pcapng" -Y 'tcp.analysis.retransmission || tcp.analysis.duplicate_ack' \
    2>/dev/null | wc -l)" "$retransmitted" 'it shows no packet twice'

is "$(capinfos -T -r -E -m "$work/x.pcapng" | cut -d, -f 2-)" ether 'capinfos: Ethernet'
packets=$(capinfos -T -r -c -m -M "$work/all.pcapng" | grep -oE '[0-9]+$')
is "$packets" "$(events "${selected//e./}")" 'capinfos: as many packets as events'
ok 'editcap reads it' editcap -r "$work/x.pcapng" "$work/y.pcapng" 1-10
ok 'tcpdump reads it' tcpdump -nn -r "$work/x.pcapng" -w /dev/null

done_testing
