#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A packet keeps its journey while it is cloned, routed, translated, put into a tunnel and taken out
# of it, when its data moves to another buffer, and when it is cut into segments. The latter only
# kprobes show. Where there are some, no verdict is a guess; elsewhere each is marked and counted.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

pings=20 kprobes=/sys/bus/event_source/devices/kprobe

# journeys CONDITION: paths and events of those, and how many have them.
journeys()
{
    ask "SELECT path, events, count(*) FROM v_journey WHERE $1 GROUP BY 1, 2 ORDER BY 1, 2"
}

# follow WHAT HOW COMMAND...: records what it does, tracking HOW, and has it imported. Sets exact.
follow()
{
    local what=$1 how=$2 file=$work/$1.nst
    shift 2
    record "$what" "$file" -s 96 --tracking "$how" || return
    ok "$what: traffic" "$@"
    sleep 0.3
    stop
    import "$what" "$file" || return
    lost_nothing "$what"
    exact=$("$bin/nstrail" info --json "$file" | grep -c '"tracking_exact":true')
    [ ! -e "$kprobes" ] || [ "$how" != auto ] ||
        is "$exact" 1 "$what: there are kprobes, so it is exact"
    [ "$exact" = 0 ] || is "$(ask "SELECT sum(value) FROM loss
        WHERE counter IN ('tracking.guessed', 'tracking.full', 'tracking.evicted')")" 0 \
        "$what: tracking is exact, and nothing was guessed"
}

# matching NAME OPTION...: how many events of that record do, of those in our own namespaces.
matching()
{
    "$bin/nstrail" info --json --netns "$prefix*" "${@:2}" "$work/$1.nst" |
        sed -n 's/.*"matching_events":\([0-9]*\),.*/\1/p'
}

ping_from()
{
    in_ns "$1" ping -q -c $pings -i 0.01 "$2"
}

# ------------------------------------------------------------------ the tests' own kernel

# By kprobes where the kernel has them, and where everything that they need is there.
if [ -e "$kprobes" ]; then
    ok 'tracking is exact where there are kprobes' "$bin/nstrail-capture" -q -w "$work/exact.nst" \
        --tracking exact --duration 0.1
else
    "$bin/nstrail-capture" -q -w "$work/exact.nst" --tracking exact --duration 0.1 2>"$work/words"
    is "$? $(cat "$work/words")" \
        '1 nstrail-capture: --tracking exact: this kernel has no kprobes' 'exact or not at all'
fi
ok 'without kprobes' "$bin/nstrail-capture" -q -w "$work/guess.nst" --tracking heuristic \
    --duration 0.1
like "$("$bin/nstrail" info "$work/guess.nst")" 'Tracking +by a heuristic' 'the file says so'

# ------------------------------------------------------------------ routed and translated

# What arrives at the router is cloned there for tcpdump, so that translating takes a copy of it.
if network_nat && command -v tcpdump >/dev/null; then
    ok 'NAT: the neighbours are known' in_ns client ping -q -c 1 10.9.2.1
    ip netns exec "${prefix}router" tcpdump -i r0 -w "$work/r0.pcap" 2>"$work/tcpdump" &
    dump=$!
    until_true 10 grep -q listening "$work/tcpdump"
    follow NAT auto ping_from client 10.9.2.1
    kill "$dump"
    is "$(journeys 'protocol = 1')" "{client} > {router} > {server},4,$pings
{server} > {router} > {client},4,$pings" 'NAT: each packet is one journey, cloned and copied'
    client_sent='icmp and src host 10.9.1.1'
    is "$(matching NAT -f "$client_sent") $(matching NAT --follow -f "$client_sent")" \
        "$((2 * pings)) $((4 * pings))" 'NAT: behind it the address is another, the packet is not'
else
    skip 'no NAT or no tcpdump here' NAT
fi
clear

# ------------------------------------------------------------------ tunnels

# tunnel KIND OPTION...: between client and server, on both sides.
tunnel()
{
    local kind=$1
    shift
    network_pair &&
        ip -n "${prefix}client" link add x0 type "$kind" id 7 remote 10.9.1.2 "$@" 2>/dev/null &&
        ip -n "${prefix}server" link add x1 type "$kind" id 7 remote 10.9.1.1 "$@" &&
        ip -n "${prefix}client" link set x0 up && ip -n "${prefix}server" link set x1 up &&
        address client x0 10.8.0.1/24 && address server x1 10.8.0.2/24
}

for kind in 'vxlan dstport 4789' geneve; do
    # shellcheck disable=SC2086 # words are wanted
    if tunnel $kind; then
        name=${kind%% *}
        ok "$name: the neighbours are known" in_ns client ping -q -c 1 10.8.0.2
        follow "$name" auto ping_from client 10.8.0.2
        is "$(journeys "src LIKE '10.8.0.%' AND protocol = 1")" "{client} > {server},4,$pings
{server} > {client},4,$pings" "$name: into the tunnel and out of it in one journey"
    else
        skip "no ${kind%% *} here" "${kind%% *}"
    fi
    clear
done

# ------------------------------------------------------------------ to a new buffer

# For what a router sends into a tunnel there is too little room before the packet, so that its data
# moves.
network_moved()
{
    network_router &&
        ip -n "${prefix}router" link add x0 type vxlan id 7 dstport 4789 remote 10.9.2.1 2>/dev/null &&
        ip -n "${prefix}server" link add x1 type vxlan id 7 dstport 4789 remote 10.9.2.254 &&
        ip -n "${prefix}router" link set x0 up && ip -n "${prefix}server" link set x1 up &&
        address router x0 10.8.0.254/24 && address server x1 10.8.0.1/24 &&
        ip -n "${prefix}server" route add default via 10.8.0.254
}

# guesses: of the packets that moved, how many are said to be guesses, and whether they are counted.
guesses()
{
    ask "SELECT sum(j.guessed), (SELECT max(value) > 0 FROM loss WHERE counter = 'tracking.guessed')
        FROM v_journey v JOIN journey j ON j.id = v.id WHERE v.protocol = 1 AND v.src = '10.9.1.1'"
}

if network_moved; then
    ok 'moved: the neighbours are known' in_ns client ping -q -c 1 10.8.0.1
    ways=(auto)
    # As on kernels without kprobes, too.
    [ ! -e "$kprobes" ] || ways+=(heuristic)
    for how in "${ways[@]}"; do
        follow "moved-$how" "$how" ping_from client 10.8.0.1 || continue
        if [ "$how" = auto ]; then
            is "$(journeys 'protocol = 1')" "{client} > {router} > {server},6,$pings
{server} > {router} > {client},6,$pings" "moved, $how: each packet is one journey"
        else
            # A processor that stands still in between, as emulated ones do, cuts a journey in two.
            is "$(($(journeys 'protocol = 1' | sed -n 's/^{client} > {router} > {server},6,//p') * 4 >=
                pings * 3))" 1 "moved, $how: most packets are one journey"
        fi
        [ "$exact" = 1 ] ||
            is "$(guesses)" "$pings,1" "moved, $how: what moved is a guess, marked and counted"
    done
else
    skip 'no vxlan here' moved
fi
clear

# ------------------------------------------------------------------ segments

# The router's way out takes no large packets.
network_segments()
{
    network_routed && ip -n "${prefix}router" link set r1 gso_max_segs 1
}

send_stream()
{
    sink server tcp-sink 10.9.2.1 7004 && traffic client tcp-send 10.9.2.1 7004 1000000 >/dev/null &&
        end_sink && [ "$sunk" = 1000000 ]
}

network_segments
follow segments auto send_stream
# What the router received as one packet, and how its journey went on.
large="large AS (SELECT e.journey_id AS journey, sum(v.netns = '{router}' AND v.dev = 'r0') AS whole,
        sum(v.netns = '{server}' AND v.dev = 's0') AS segments, max(v.len_bytes) AS bytes
    FROM v_event v JOIN event e ON e.id = v.id
    WHERE v.dport = 7004 AND v.probe LIKE 'net:%' GROUP BY 1 HAVING bytes > 1514)"
if [ "$exact" = 1 ]; then
    ok 'segments: large packets were cut' test "$(ask "WITH $large SELECT count(*) FROM large")" -gt 10
    is "$(ask "WITH $large SELECT count(*) FROM large
            WHERE whole = 1 AND segments <> (bytes - 66 + 1447) / 1448")" 0 \
        'segments: each is on the journey of what it was cut from'
    is "$(ask "SELECT count(*) FROM v_journey WHERE dport = 7004 AND path NOT LIKE '{client} > %'")" 0 \
        'segments: none begins a journey of its own'
else
    skip 'without kprobes the kernel does not show it' segments
fi

done_testing
