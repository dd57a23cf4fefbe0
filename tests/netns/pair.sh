#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Two namespaces and a pair of veth devices between them: ICMP, ICMPv6, UDP and TCP, counted
# packet for packet, with both ways of attaching (or those that NSTRAIL_ATTACH names).
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

pings=$(scaled 100) datagrams=$(scaled 1000) stream_bytes=$(scaled 4000000)

# A comma and a blank, as a comm may have them.
thread='a, thread'

# Neighbours are resolved by the first packet and asked again whenever they please, so ARP and
# neighbour discovery count at the devices only.
exchange()
{
    add_ns client server && with_ipv6 client server && link client c0 server s0 &&
        address client c0 10.9.1.1/24 fd09:1::1/64 && address server s0 10.9.1.2/24 fd09:1::2/64
    ok "$1: ping over IPv4" in_ns client ping -q -c $pings -i 0.002 10.9.1.2
    ok "$1: ping over IPv6" in_ns client ping -q -c $pings -i 0.002 fd09:1::2

    sink server udp-sink 10.9.1.2 7001 $datagrams
    traffic client udp-send 10.9.1.2 7001 $datagrams 100 20000 >/dev/null
    end_sink
    is "$sunk" $datagrams "$1: UDP over IPv4 arrived"
    sink server udp-sink fd09:1::2 7002 $datagrams
    traffic client udp-send fd09:1::2 7002 $datagrams 100 20000 >/dev/null
    end_sink
    is "$sunk" $datagrams "$1: UDP over IPv6 arrived"

    sink server tcp-sink 10.9.1.2 7003
    traffic client tcp-send 10.9.1.2 7003 $stream_bytes >/dev/null
    end_sink
    is "$sunk" $stream_bytes "$1: TCP arrived"
    retransmitted=$(in_ns client awk '$1 == "Tcp:" { n = $13 } END { print n }' /proc/net/snmp)
    sink server tcp-sink 10.9.1.2 7005
    traffic client tcp-drip 10.9.1.2 7005 100 500 1000 >/dev/null
    end_sink
    is "$sunk" 50000 "$1: TCP piece by piece arrived"
    # By a thread that is not its process's first, on a CPU that is not the first, if there is one.
    sink server udp-sink 10.9.1.2 7004 5
    cpu=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]//p' /proc/self/status)
    sender=$(in_ns client taskset -c "$cpu" "$bin/tests/netns/traffic" \
        thread-send "$thread" 10.9.1.2 7004 5 100 0 | head -n 1)
    end_sink
}

# seen CONDITION: who saw such packets, and how many.
seen()
{
    ask "SELECT e.netns, e.dev, e.probe, count(*) FROM v_event e
        WHERE e.netns IN ('{client}', '{server}') AND e.drop_reason IS NULL AND $1
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
}

# passed_by SENDER RECEIVER COUNT
passed_by()
{
    printf '{%s},%s,%s,%d\n' "$1" "${1:0:1}0" net:net_dev_start_xmit "$3" \
        "$2" "${2:0:1}0" net:netif_receive_skb "$3" | LC_ALL=C sort
}

# icmp6 TYPE: a condition on the packet's bytes, behind Ethernet and the IPv6 header.
icmp6()
{
    printf "e.protocol = 58 AND (SELECT hex(substr(p.bytes, 55, 1)) FROM event v
        JOIN packet p ON p.id = v.packet_id WHERE v.id = e.id) = '%02X'" "$1"
}

# tcp_payload NS: what TCP carried to the server, each packet's length less its headers, where
# client sent and server received it.
tcp_payload()
{
    ask "SELECT sum(e.len_bytes - 14 - 20 -
            4 * instr('123456789ABCDEF', substr(hex(substr(p.bytes, 47, 1)), 1, 1)))
        FROM v_event e JOIN event v ON v.id = e.id JOIN packet p ON p.id = v.packet_id
        WHERE e.netns = '{$1}' AND e.protocol = 6 AND e.dport = 7003 AND e.drop_reason IS NULL"
}

check()
{
    lost_nothing "$1"
    as_counted "$1" client server
    is "$(seen "e.protocol = 1 AND e.src = '10.9.1.1'")" "$(passed_by client server $pings)" \
        "$1: each ICMP echo request sent and received"
    is "$(seen "e.protocol = 1 AND e.src = '10.9.1.2'")" "$(passed_by server client $pings)" \
        "$1: each ICMP echo reply sent and received"
    is "$(seen "$(icmp6 128)")" "$(passed_by client server $pings)" \
        "$1: each ICMPv6 echo request sent and received"
    is "$(seen "$(icmp6 129)")" "$(passed_by server client $pings)" \
        "$1: each ICMPv6 echo reply sent and received"
    is "$(seen "e.protocol = 17 AND e.dport = 7001")" "$(passed_by client server $datagrams)" \
        "$1: each UDP datagram over IPv4"
    is "$(seen "e.protocol = 17 AND e.dport = 7002")" "$(passed_by client server $datagrams)" \
        "$1: each UDP datagram over IPv6"
    is "$(ask "SELECT netns, netns_source, dev, ifindex, cpu, pid || ' ' || tgid, comm = '$thread',
                count(*) FROM v_event
            WHERE netns = '{client}' AND dport = 7004 AND probe = 'net:net_dev_start_xmit'
            GROUP BY 1, 2, 3, 4, 5, 6, 7")" \
        "{client},device,c0,$(ifindex client c0),$cpu,$sender,1,5" \
        "$1: where a datagram was sent, on which CPU and by which thread"
    is "$(ask "SELECT DISTINCT netns, netns_source, dev, ifindex FROM v_event
            WHERE dport = 7004 AND probe = 'net:netif_receive_skb'")" \
        "{server},device,s0,$(ifindex server s0)" "$1: and where it was received"
    if [ "$retransmitted" -eq 0 ]; then
        is "$(tcp_payload client) $(tcp_payload server)" "$stream_bytes $stream_bytes" \
            "$1: TCP's bytes at the client and at the server"
    else
        skip "TCP sent $retransmitted segments twice" "$1: TCP's bytes"
    fi
    # A buffer that a socket has taken is known to be free: what comes next in it is no guess. Those that
    # come while it is busy are freed unseen, as one with what came before.
    is "$(ask "SELECT sum(j.guessed > 0) * 4 < count(*) FROM journey j
            JOIN packet p ON p.id = j.packet_id
            WHERE p.protocol = 6 AND p.dst = '10.9.1.2' AND p.dport = 7005")" 1 \
        "$1: few of TCP's journeys are guesses"
    is "$(printed "$work/pair.nst" --netns "${prefix}client" --probe net_dev_start_xmit \
        -f 'icmp[icmptype] == icmp-echo')" $pings "$1: print with filters finds the same"
}

for attach in ${NSTRAIL_ATTACH:-tp_btf raw_tp}; do
    if record $attach "$work/pair.nst" --attach $attach; then
        like "$(cat "$recorder_words")" " by $attach, " "$attach: which it says"
        exchange $attach
        quiet client server
        stop
        is "$recorder_status" 0 "$attach: recorder's status"
        import $attach "$work/pair.nst" && check $attach
    fi
    clear
done

done_testing
