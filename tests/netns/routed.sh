#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Three namespaces, the middle one routes, and in the second round rewrites addresses too: every
# packet is one journey over all three, whatever happens to its headers.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
count=$(scaled 5000) pings=$(scaled 50) stream_bytes=$(scaled 10000000)

# on_cpus LIST: where what is started from now on may run.
on_cpus()
{
    taskset -pc "$1" $$ >/dev/null
}

exchange()
{
    ok "$1: ping" in_ns client ping -q -c $pings -i 0.002 10.9.2.1
    sink server udp-sink 10.9.2.1 7001 $count
    traffic client udp-send 10.9.2.1 7001 $count 200 20000 >/dev/null
    end_sink
    is "$sunk" $count "$1: all arrived"
    # On two CPUs, if there are: that makes two rings, of which one order is to be made.
    on_cpus "${cpus##*[!0-9]}"
    sink server tcp-sink 10.9.2.1 7003
    on_cpus "${cpus%%[!0-9]*}"
    traffic client tcp-send 10.9.2.1 7003 $stream_bytes >/dev/null
    end_sink
    on_cpus "$cpus"
    is "$sunk" $stream_bytes "$1: TCP arrived"
}

# paths CONDITION: of v_journey.
paths()
{
    ask "SELECT path, events, hops, drops, count(*) FROM v_journey WHERE $1 GROUP BY 1, 2, 3, 4"
}

round()
{
    record "$1" "$work/routed.nst" --attach tp_btf || return
    ok "$1: network" network_routed
    [ "$1" = routed ] || ok "$1: masquerade" masquerade
    exchange "$1"
    quiet client router server
    stop
    import "$1" "$work/routed.nst" || return

    lost_nothing "$1"
    late=$("$bin/nstrail" info --json "$work/routed.nst" | grep -oE '"late_events":[0-9]+')
    ok "$1: of 500 events one at most is out of order" \
        test $((500 * ${late#*:})) -le "$(ask 'SELECT count(*) FROM event')"
    as_counted "$1" client router server
    is "$(paths "protocol = 17 AND dport = 7001")" \
        "{client} > {router} > {server},4,3,0,$count" "$1: UDP: one journey a packet"
    is "$(paths "protocol = 1 AND src = '10.9.1.1'")" \
        "{client} > {router} > {server},4,3,0,$pings" "$1: ping: one journey a request"
    is "$(paths "protocol = 1 AND src = '10.9.2.1'")" \
        "{server} > {router} > {client},4,3,0,$pings" "$1: ping: one journey a reply"
    # TCP drops what it sent twice on a busy machine.
    is "$(ask "SELECT path, events - drops, count(*) = (SELECT count(*) FROM v_event WHERE
                netns = '{client}' AND probe = 'net:net_dev_start_xmit' AND dport = 7003)
            FROM v_journey WHERE protocol = 6 AND dport = 7003 GROUP BY 1, 2")" \
        "{client} > {router} > {server},4,1" "$1: TCP: one journey a segment"
    is "$(ask "SELECT path, events - drops, count(*) = (SELECT count(*) FROM v_event WHERE
                netns = '{server}' AND probe = 'net:net_dev_start_xmit' AND sport = 7003)
            FROM v_journey WHERE protocol = 6 AND sport = 7003 GROUP BY 1, 2")" \
        "{server} > {router} > {client},4,1" "$1: TCP: one journey an acknowledgement"
    is "$(ask "SELECT from_netns, to_netns, count(*), min(latency_ns) > 0 FROM v_transition
            WHERE dport = 7001 AND protocol = 17 GROUP BY 1, 2 ORDER BY 1")" \
        "{client},{router},$count,1
{router},{server},$count,1" "$1: transitions and their latency"
    is "$(ask "SELECT from_netns, to_netns, p99_latency_ns FROM v_transition_summary
            WHERE to_netns LIKE '{}%' ORDER BY 1, 2")" \
        "$(ask "SELECT from_netns, to_netns, min(latency_ns) FILTER (WHERE rank >= 0.99)
            FROM (SELECT *, cume_dist() OVER (PARTITION BY from_netns, to_netns
                ORDER BY latency_ns) AS rank FROM v_transition) GROUP BY 1, 2 ORDER BY 1, 2")" \
        "$1: the slowest hundredth of each way"
    is "$(ask "SELECT DISTINCT netns, dev, rx_ifindex FROM v_event
            WHERE dport = 7001 AND protocol = 17 AND probe = 'net:net_dev_start_xmit' ORDER BY 1")" \
        "{client},c0,
{router},r1,$(ifindex router r0)" "$1: at which device the router had received what it sent"
    is "$(ask "SELECT e.netns, e.dev, e.src, hex(substr(p.bytes, 23, 1)), count(*)
            FROM v_event e JOIN event v ON v.id = e.id JOIN packet p ON p.id = v.packet_id
            WHERE e.dport = 7001 AND e.protocol = 17 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2")" \
        "{client},c0,10.9.1.1,40,$count
{router},r0,10.9.1.1,40,$count
{router},r1,$2,3F,$count
{server},s0,$2,3F,$count" "$1: address and TTL as they were at each device"
}

round routed 10.9.1.1
clear
if command -v nft >/dev/null; then
    round masqueraded 10.9.2.254
else
    skip 'nft is not installed' masqueraded
fi

done_testing
