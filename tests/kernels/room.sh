#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# More packets on their way than tracking has room for: those that it cannot follow are counted and
# have no journey, and once nothing was seen of the others for a minute, they make room and are
# counted, too. Only for a machine of our own: with so little memory there is little room.
# shellcheck source=tests/netns/lib.sh
. "${BASH_SOURCE%/*}/../netns/lib.sh"
begin

places=65536 more=3000
count=$((places + more))

# counted COUNTER: its value at the end, as `nstrail info` has it.
counted()
{
    "$bin/nstrail" info "$work/room.nst" | sed -nE "s/^(Counted)? +$1 //p"
}

# swept: packets were given up.
# shellcheck disable=SC2317 # called by until_true
swept()
{
    [ "$(counted 'tracking\.evicted')" -gt 0 ] 2>/dev/null
}

network_pair
ok 'the neighbour is known' in_ns client ping -q -c 1 10.9.1.2
record room "$work/room.nst" -s 64 --inventory=names || done_testing
# They stay in the socket, which nobody reads.
sink server udp-sink 10.9.1.2 7001 $count
kill -STOP "$sink"
traffic client udp-send 10.9.1.2 7001 $count 10 0 >/dev/null
sleep 60
ok 'some were given up' until_true 30 swept
traffic client udp-send 10.9.1.2 7001 100 10 0 >/dev/null
sleep 0.3
stop
kill -KILL "$sink"
wait "$sink" 2>/dev/null
import room "$work/room.nst" || done_testing
lost_nothing room

full=$(counted 'tracking\.full')
ok 'there was no room for some' test "$full" -gt 0
is "$(ask 'SELECT count(*) FROM event WHERE journey_id IS NULL')" "$full" \
    'these are the events without a journey'
journeys=$(ask "SELECT count(*) FROM v_journey WHERE dport = 7001 AND protocol = 17")
diag "$journeys journeys, $full events without"
done_testing
