#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# TCP leaves buffers behind that the recorder does not see freed where there are no kprobes, and a
# router that changes a packet moves it to a new one. All the same no journey holds two packets, and no packet is in two
# journeys. What a packet is, tell its addresses, IP id, ports and sequence number.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/lib.sh"
begin

rounds=$(scaled 60)

chatter()
{
    local ns=$1
    shift
    in_ns "$ns" "$bin/tests/netns/chatter" "$@"
}

# The TCP packets that a device sent or received, as (journey, packet); no IP options here.
seen="seen AS (SELECT e.journey_id AS journey, j.guessed,
        hex(substr(p.bytes, 27, 8) || substr(p.bytes, 19, 2) || substr(p.bytes, 35, 8)) AS packet,
        substr(p.bytes, 19, 2) AS ip_id
    FROM v_event v JOIN event e ON e.id = v.id JOIN packet p ON p.id = e.packet_id
        JOIN journey j ON j.id = e.journey_id
    WHERE v.probe LIKE 'net:%' AND v.protocol = 6
        AND v.netns IN ('{client}', '{router}', '{server}'))"
# Packets in two journeys. Some of the kernel's own answers have no IP id, and nothing else tells
# them apart.
cut="cut AS (SELECT packet, max(guessed) AS guessed FROM seen WHERE ip_id <> x'0000'
    GROUP BY packet HAVING count(DISTINCT journey) > 1)"

ok 'network' network_routed
ip netns exec "${prefix}server" "$bin/tests/netns/chatter" serve 10.9.2.1 7100 >"$work/serve" &
ip netns exec "${prefix}client" "$bin/tests/netns/chatter" serve 10.9.1.1 7100 >"$work/serve2" &
ok 'the servers are ready' until_true 10 grep -q ready "$work/serve" "$work/serve2"

for attach in tp_btf raw_tp; do
    record $attach "$work/tracking.nst" --attach $attach || continue
    chatter server talk 10.9.1.1 7100 4 "$rounds" &
    ok "$attach: the client talks" chatter client talk 10.9.2.1 7100 6 "$rounds"
    wait $!
    result $? "$attach: the server talks"
    stop
    import "$attach" "$work/tracking.nst" || continue

    lost_nothing $attach
    ok "$attach: thousands of packets" test "$(ask "WITH $seen
        SELECT count(DISTINCT packet) FROM seen")" -gt "$(scaled 5000)"
    is "$(ask "WITH $seen SELECT count(*) FROM
        (SELECT journey FROM seen GROUP BY journey HAVING count(DISTINCT packet) > 1)")" 0 \
        "$attach: no journey holds two packets"
    # A verdict can be wrong, of thousands, but not unnoticed.
    is "$(ask "WITH $seen, $cut SELECT count(*) FROM cut WHERE NOT guessed")" 0 \
        "$attach: no packet is in two journeys, and neither is a guess"
    ok "$attach: nor are there more than a few in two" \
        test "$(ask "WITH $seen, $cut SELECT count(*) FROM cut")" -le 3
done

# A packet that a socket sent is a clone, which a router copies. While it asks for the neighbour that
# one waits, and goes on where the answer comes in: at another CPU, which knows nothing of it. The
# next one that is copied may get the buffer that it left.
connect_anew()
{
    ip -n "${prefix}router" neigh flush dev r0 &&
        in_ns server taskset -c 0 "$bin/tests/netns/chatter" talk 10.9.1.1 7100 1 1
}

if ! taskset -c 1 true 2>/dev/null ||
    ! in_ns client sh -c 'echo 2 >/sys/class/net/c0/queues/rx-0/rps_cpus' 2>/dev/null; then
    skip 'needs two processors, and a kernel that has RPS' waiting
elif record waiting "$work/waiting.nst" --tracking heuristic; then
    for ((i = 0; i < 5; i++)); do
        connect_anew
        sleep 0.02
    done
    stop
    import waiting "$work/waiting.nst"
    is "$(ask "WITH $seen, $cut SELECT count(*) >= 5, min(guessed) FROM cut")" 1,1 \
        'waiting: what goes on at another CPU in another buffer is said to be a guess'
fi

done_testing
