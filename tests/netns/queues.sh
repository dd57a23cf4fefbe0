#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# A queue that fills is found by its namespace: a router's by the stays there, a sender's where
# net:net_dev_queue is recorded as well.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin
need tc

pings=20

# slow NS DEV: what it sends leaves at a megabit a second, a ping of ours in eight milliseconds.
slow()
{
    in_ns "$1" tc qdisc add dev "$2" root tbf rate 1mbit burst 1600 latency 1s 2>/dev/null ||
        skip_all 'tc cannot add a tbf here'
}

# round NAME OPTION...
round()
{
    local name=$1
    shift
    record "$name" "$work/$name.nst" "$@" || exit
    ok "$name: ping" in_ns client ping -q -s 1000 -c "$pings" -i 0.002 10.9.2.1
    stop
    import "$name" "$work/$name.nst" || exit
    lost_nothing "$name"
}

# slowest: of the places where our packets were.
slowest()
{
    query "$(grep -v '^--' "$here/../../samples/sql/delays.sql")" |
        awk -F, '$2 ~ /^(client|router|server)/ { print $2; exit }'
}

# requests NS: events of a ping there, and whether they stayed for milliseconds: of all of them but
# for one, which a heuristic may have taken for another packet's.
requests()
{
    ask "SELECT h.events, avg(h.stay_ns) > 2000000 FROM hop h
        JOIN netns n ON n.id = h.netns_id JOIN v_journey j ON j.id = h.journey_id
        WHERE n.label = '{$1}' AND j.protocol_name = 'icmp' AND j.src = '10.9.1.1' GROUP BY 1
        HAVING count(*) BETWEEN $pings - 1 AND $pings"
}

network_routed || exit
slow router r1
round router
is "$(requests router)" 2,1 'a router: the pings stayed there'
is "$(ask "SELECT netns, avg_stay_ns > 1000000, max_stay_ns >= p99_stay_ns, stays >= $pings
    FROM v_stay_summary WHERE netns = '{router}'")" '{router},1,1,1' 'a router: v_stay_summary'
is "$(slowest)" router 'a router: delays.sql has it first'

in_ns router tc qdisc del dev r1 root
slow client c0
round sender
is "$(requests client)" 1,0 'a sender: its queue is before the first event'
round queue --profile default -p net:net_dev_queue
is "$(requests client)" 2,1 'a sender, with net:net_dev_queue: they stayed there'
is "$(slowest)" client 'a sender, with net:net_dev_queue: delays.sql has it first'

done_testing
